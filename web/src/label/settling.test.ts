/** What is sent of a label that could not be stored, once somebody has said. */
import { describe, expect, it } from "vitest";
import type { Annotation } from "../api/types";
import { type LabelEntry, mayBeSentAgain, refusedAlike, settledBody } from "./settling";

const theirs: Annotation = {
  seq: 1,
  asset_id: "a",
  version: 4,
  action: "label",
  value: { type: "class", name: "bag" },
  annotator: "bea",
  origin: "person",
  seconds: 1,
  reason: null,
  round: 1,
  ontology_version: 1,
  prelabel: null,
  model_id: null,
  submission_id: "theirs",
  created_at: "2026-01-01T00:00:00Z",
};

const entry = (more: Partial<LabelEntry> = {}, task: number | null = 3): LabelEntry => ({
  id: "s1",
  order: 1,
  state: "conflict",
  attempts: 1,
  theirs,
  problem: "No.",
  status: 409,
  cargo: {
    kind: "label",
    body: {
      asset_id: "a",
      action: "label",
      value: { type: "class", name: "boot" },
      expected_version: 2,
      submission_id: "s1",
      task_id: task,
    },
  },
  ...more,
});
const refused = (status: number) => entry({ state: "refused", theirs: null, status });

describe("settledBody", () => {
  it("sends mine again on top of theirs, under a new id", () => {
    const body = settledBody(entry(), "mine");
    expect(body).toMatchObject({ expected_version: 4, value: { name: "boot" }, task_id: 3 });
    expect(body?.submission_id).not.toBe("s1");
  });

  it("answers the task with theirs, and sends nothing where there is no task", () => {
    const body = settledBody(entry(), "theirs");
    expect(body).toMatchObject({ expected_version: 4, value: { name: "bag" }, task_id: 3 });
    expect(settledBody(entry({}, null), "theirs")).toBeNull();
    const undone = { ...theirs, action: "undo" as const, value: null };
    expect(settledBody(entry({ theirs: undone }), "theirs")).toBeNull();
  });

  it("expects what it did, and nothing where nothing stands", () => {
    expect(settledBody(refused(403), "mine")?.expected_version).toBe(2);
    expect(settledBody(refused(409), "mine")?.expected_version).toBeNull();
    expect(settledBody(refused(422), "theirs")).toBeNull();
  });
});

describe("a refused label", () => {
  it("is sent again only where it can be stored some time", () => {
    const known = [403, 409, 404, 422].map((status) => mayBeSentAgain(refused(status)));
    expect(known).toEqual([true, true, false, false]);
    expect(mayBeSentAgain({ ...refused(422), status: undefined })).toBe(false);
  });

  it("is settled with those that were refused for the same reason", () => {
    const all = [refused(422), { ...refused(422), problem: "Other." }, entry(), refused(422)];
    expect(refusedAlike(all, refused(422))).toEqual([all[0], all[3]]);
  });
});
