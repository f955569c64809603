/** Who comes back to Label finds what is still on its way. */
import { describe, expect, it } from "vitest";
import type { LabelBody } from "../api/types";
import type { Cargo, Entry } from "./outbox";
import { packed, pending } from "./pending";
import type { Item } from "./session";

const item = (id: string, text = "short"): Item => ({
  asset: {
    id,
    media: "text",
    uri: null,
    text,
    features: null,
    metadata: {},
    content_hash: "whole",
    width: null,
    height: null,
    added_at: null,
  },
  version: 0,
  prelabel: { type: "class", name: "boot" },
  confidence: 0.5,
  model_id: "m",
  why: "unsure",
  taskId: 7,
  round: 1,
});

function label(id: string, submission: string, version = 0, text?: string): Cargo {
  const about = item(id, text);
  const body: LabelBody = {
    asset_id: id,
    action: "label",
    value: { type: "class", name: "shoe" },
    expected_version: version,
    seconds: 1,
    task_id: 7,
    submission_id: submission,
    prelabel: about.prelabel,
  };
  return packed(body, about);
}

const undo = (id: string): Cargo => ({ kind: "undo", asset_id: id, submission_id: `undo-${id}` });

/** As a reload finds them: out of the store's text. */
const entries = (cargos: Cargo[], state: Entry["state"] = "waiting"): Entry[] =>
  JSON.parse(
    JSON.stringify(
      cargos.map((cargo, order) => ({ id: String(order), order, cargo, state, attempts: 0 })),
    ),
  );

describe("pending", () => {
  it("tells decisions newest first, each with what it was about", () => {
    const { decisions } = pending(entries([label("a", "s1"), label("b", "s2", 2)]));
    expect(decisions.map(({ submissionId, version }) => [submissionId, version])).toEqual([
      ["s2", 3],
      ["s1", 1],
    ]);
    expect(decisions[1]?.item).toEqual(item("a"));
  });

  it("counts the last word on an asset", () => {
    const { decisions } = pending(
      entries([label("a", "s1"), label("b", "s2"), label("a", "s3", 1)]),
    );
    expect(decisions.map(({ submissionId }) => submissionId)).toEqual(["s3", "s2"]);
  });

  it("names assets that are being taken back, and no decision on them", () => {
    const found = pending(entries([label("a", "s1"), undo("a"), undo("b")]));
    expect(found).toEqual({ decisions: [], withdrawn: ["a", "b"] });
  });

  it("tells what was refused, to be decided anew", () => {
    const { decisions } = pending(entries([label("a", "s1", 2)], "refused"));
    expect(decisions.map(({ submissionId, version }) => [submissionId, version])).toEqual([
      ["s1", 3],
    ]);
    expect(pending(entries([undo("a")], "refused")).withdrawn).toEqual([]);
  });

  it("leaves out what is in conflict and what came without its item", () => {
    const bare = { ...label("a", "s1"), item: undefined };
    expect(pending(entries([bare])).decisions).toEqual([]);
    expect(pending(entries([label("a", "s1")], "conflict")).decisions).toEqual([]);
  });

  it("keeps a long text by its beginning, to be fetched whole", () => {
    const [decision] = pending(entries([label("a", "s1", 0, "x".repeat(50_000))])).decisions;
    expect(decision?.item.asset).toMatchObject({ text: "x".repeat(200), content_hash: "" });
  });
});
