/** The labelling session: nothing is asked twice, and every step back is possible. */
import { describe, expect, it } from "vitest";
import type { Annotation, Asset, QueueItem, Recent } from "../api/types";
import { current, type Decision, type Event, emptySession, neighbour, reduce } from "./session";

const asset = (id: string): Asset => ({
  id,
  media: "image",
  uri: null,
  text: null,
  features: null,
  metadata: {},
  content_hash: "",
  width: null,
  height: null,
  added_at: null,
});

const item = (id: string, task: number, version = 0): QueueItem => ({
  task: {
    id: task,
    asset_id: id,
    round: 1,
    arms: ["active"],
    priority: 0,
    state: "leased",
    annotator: "ana",
    leased_until: null,
  },
  asset: asset(id),
  version,
  prelabel: null,
  confidence: null,
  model_id: null,
  why: "",
});

const leased = (items: QueueItem[], remaining: number, sent: number[] = []): Event => ({
  kind: "leased",
  items,
  remaining,
  explanation: "",
  sent,
});

const recent = (id: string, action: Annotation["action"], name: string | null): Recent => ({
  annotation: {
    seq: 1,
    asset_id: id,
    version: 1,
    action,
    value: name === null ? null : { type: "class", name },
    annotator: "ana",
    origin: "person",
    seconds: 1,
    reason: null,
    round: 1,
    ontology_version: 1,
    prelabel: null,
    model_id: null,
    submission_id: `old-${id}-${action}`,
    created_at: "2026-01-01T00:00:00Z",
  },
  card: {
    id,
    media: "image",
    text: null,
    label: name,
    classes: name === null ? [] : [name],
    state: "labeled",
    predicted: null,
    confidence: null,
    difficulty: null,
    arms: [],
    round: 1,
    seq: 1,
  },
});

function decide(state: typeof emptySession, id: string, name = "boot") {
  const target = current(state);
  if (!target) throw new Error("nothing to decide");
  const decision: Decision = {
    submissionId: id,
    item: target,
    action: "label",
    value: { type: "class", name },
    version: target.version + 1,
  };
  return reduce(state, { kind: "decided", decision, edit: state.editing !== null });
}

const three = reduce(emptySession, leased([item("a", 1), item("b", 2), item("c", 3)], 3));

describe("session", () => {
  it("advances with each decision and counts down", () => {
    const state = decide(decide(three, "s1"), "s2");
    expect(current(state)?.asset.id).toBe("c");
    expect([state.decided, state.remaining]).toEqual([2, 1]);
  });

  it("does not ask again what it decided but the server does not know yet", () => {
    const state = reduce(decide(three, "s1"), leased([item("a", 1), item("b", 2)], 3));
    expect(state.queue.map((entry) => entry.asset.id)).toEqual(["b", "c"]);
    expect(state.remaining).toBe(2);
  });

  it("does not ask what an earlier visit left in the outbox", () => {
    const state = reduce(emptySession, leased([item("a", 1), item("b", 2)], 2, [1]));
    expect(state.queue.map((entry) => entry.asset.id)).toEqual(["b"]);
  });

  it("does not recall a decision whose withdrawal is on its way", () => {
    const left = { ...emptySession, withdrawn: ["b"] };
    const found = [recent("b", "label", "boot"), recent("a", "label", "boot")];
    const state = reduce(left, { kind: "recalled", recent: found });
    expect(state.decisions.map((decision) => decision.item.asset.id)).toEqual(["a"]);
  });

  it("puts an undone asset back in front, under its next version", () => {
    const state = reduce(decide(three, "s1"), { kind: "undone", submissionId: "s1", version: 2 });
    expect(current(state)).toMatchObject({ version: 2, taskId: 1, asset: { id: "a" } });
    expect([state.decided, state.remaining, state.decisions.length]).toEqual([0, 3, 0]);
  });

  it("changes an earlier decision in its place and goes back to the queue", () => {
    const editing = reduce(decide(decide(three, "s1"), "s2"), { kind: "edit", submissionId: "s1" });
    expect(current(editing)?.asset.id).toBe("a");
    const state = decide(editing, "s3", "bag");
    expect(state.decisions.map((d) => d.submissionId)).toEqual(["s2", "s3"]);
    expect(current(state)?.asset.id).toBe("c");
    expect(state.remaining).toBe(1);
  });

  it("walks back through decisions and forward to the queue again", () => {
    let state = decide(decide(three, "s1"), "s2");
    expect(neighbour(state, -1)).toBe("s2");
    state = reduce(state, { kind: "edit", submissionId: "s2" });
    expect(neighbour(state, -1)).toBe("s1");
    expect(neighbour(state, 1)).toBeNull();
  });

  it("recalls each asset once, as it stands now, and nothing that was taken back", () => {
    const state = reduce(emptySession, {
      kind: "recalled",
      recent: [
        recent("a", "undo", null),
        recent("b", "label", "bag"),
        recent("a", "label", "boot"),
        recent("b", "label", "boot"),
      ],
    });
    expect(state.decisions.map((d) => d.item.asset.id)).toEqual(["b"]);
    expect(state.decisions[0]?.value).toEqual({ type: "class", name: "bag" });
  });

  it("gives an undone old decision its task when the server leases it again", () => {
    let state = reduce(emptySession, { kind: "recalled", recent: [recent("a", "label", "bag")] });
    state = reduce(state, { kind: "undone", submissionId: "old-a-label", version: 2 });
    expect(current(state)?.taskId).toBeNull();
    state = reduce(state, leased([item("a", 9, 2)], 1));
    expect(current(state)).toMatchObject({ taskId: 9, version: 2 });
    expect(state.queue).toHaveLength(1);
  });

  it("shows the version that was kept after a conflict, or asks again", () => {
    const before = decide(three, "s1");
    const old = before.decisions[0];
    if (!old) throw new Error("no decision");
    const kept = { ...old, submissionId: "s9", version: 5, value: { type: "class", name: "bag" } };
    const event = { kind: "settled", submissionId: "s1" } as const;
    const state = reduce(before, { ...event, decision: kept as Decision });
    expect(state.decisions.map((d) => d.submissionId)).toEqual(["s9"]);
    const again = reduce(before, { ...event, decision: null, version: 4 });
    expect(current(again)).toMatchObject({ asset: { id: "a" }, version: 4 });
  });

  it("puts what could not be stored on the stage again, and changes it in its place", () => {
    const before = decide(decide(three, "s1"), "s2");
    const [, old] = before.decisions;
    if (!old) throw new Error("no decision");
    const state = reduce(before, { kind: "reopened", decision: old });
    expect([current(state)?.asset.id, state.editing]).toEqual(["a", "s1"]);
    expect(state.decisions).toEqual(before.decisions);
    // After a reload the strip may not have it.
    const bare = reduce(three, { kind: "reopened", decision: old });
    expect([current(bare)?.asset.id, bare.queue.length]).toEqual(["a", 2]);
  });

  it("takes the version the server acknowledged", () => {
    const annotation = {
      ...recent("a", "label", "boot").annotation,
      submission_id: "s1",
      version: 5,
    };
    const state = reduce(decide(three, "s1"), { kind: "acknowledged", annotation });
    expect(state.decisions[0]).toMatchObject({ version: 5, value: { name: "boot" } });
  });

  it("takes the name under which a renamed class was stored", () => {
    const annotation = {
      ...recent("a", "label", "wellington").annotation,
      submission_id: "s1",
    };
    const state = reduce(decide(three, "s1"), { kind: "acknowledged", annotation });
    expect(state.decisions[0]?.value).toEqual({ type: "class", name: "wellington" });
  });
});
