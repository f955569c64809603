/** The review session: what is next, what an undo brings back, who agrees with whom. */
import { describe, expect, it } from "vitest";
import type { Annotation, Opinion } from "../api/types";
import { agreementOf, answersOf, type Subject } from "./answers";
import { filterOf, readReviewSearch } from "./reviewSearch";
import { beside, current, emptyReview, type ReviewSession, reduceReview } from "./reviewSession";

function annotation(annotator: string, name: string, seq: number, more = {}): Annotation {
  return {
    seq,
    asset_id: "a",
    version: seq,
    action: "label",
    value: { type: "class", name },
    annotator,
    origin: "person",
    seconds: 2,
    reason: null,
    round: 1,
    ontology_version: 1,
    prelabel: null,
    model_id: null,
    submission_id: `s${seq}`,
    created_at: "2026-01-01T00:00:00Z",
    ...more,
  };
}

function opinion(annotator: string, name: string, seq: number, more = {}): Opinion {
  const { origin, ...rest } = annotation(annotator, name, seq);
  return { ...rest, round: 1, task_id: null, gold: false, ...more };
}

function subject(id: string, seq = 1): Subject {
  return {
    id,
    media: "image",
    text: null,
    label: annotation("ana", "boot", seq),
    seq,
    state: "waiting",
    expectedError: 0.5,
    review: null,
  };
}

function loaded(...ids: string[]): ReviewSession {
  return reduceReview(emptyReview, {
    kind: "loaded",
    subjects: ids.map((id) => subject(id)),
    total: ids.length,
    counts: null,
    disputes: null,
    exhausted: true,
  });
}

function accept(state: ReviewSession, submissionId: string): ReviewSession {
  const head = current(state);
  if (!head) return state;
  const reviewed = { submissionId, subject: head, verb: "accept" as const, value: null };
  return reduceReview(state, { kind: "reviewed", reviewed });
}

describe("a review session", () => {
  it("goes on to the next, and an undo brings the last one back to the front", () => {
    const done = accept(accept(loaded("a", "b", "c"), "s1"), "s2");
    expect(current(done)?.id).toBe("c");
    const back = reduceReview(done, { kind: "undone", submissionId: "s2", seq: null });
    expect(back.queue.map(({ id }) => id)).toEqual(["b", "c"]);
    expect([back.total, back.queue[0]?.seq]).toEqual([2, null]);
    const settled = reduceReview(back, { kind: "acknowledged", id: "b", holds: 9 });
    expect([settled.queue[0]?.seq, settled.queue[0]?.label?.seq]).toEqual([9, 9]);
  });

  it("does not show again what was reviewed while the server has not heard of it", () => {
    const done = accept(loaded("a", "b"), "s1");
    const more = reduceReview(done, {
      kind: "loaded",
      subjects: [subject("a"), subject("b"), subject("c")],
      total: 3,
      counts: null,
      disputes: null,
      exhausted: true,
    });
    expect(more.queue.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("counts in all views what is reviewed here, and takes it back", () => {
    const counts = { waiting: 3, accepted: 1, fixed: 0, sent_back: 0 };
    const begun = reduceReview(emptyReview, {
      kind: "loaded",
      subjects: [subject("a"), subject("b"), { ...subject("c"), state: "disputed" }],
      total: 3,
      counts,
      disputes: 2,
      exhausted: true,
    });
    const once = accept(begun, "s1");
    const [second] = once.queue;
    if (!second) throw new Error("no second");
    const fix = { submissionId: "s2", subject: second, verb: "fix" as const, value: null };
    const done = accept(reduceReview(once, { kind: "reviewed", reviewed: fix }), "s3");
    expect(done.counts).toEqual({ waiting: 1, accepted: 2, fixed: 0, sent_back: 0 });
    expect(done.disputes).toBe(1);
    // More of the same view may come before the server has heard of the last one.
    const more = { kind: "loaded", subjects: [], total: 0, counts, disputes: null } as const;
    expect(reduceReview(done, { ...more, exhausted: true }).counts).toEqual(done.counts);
    const back = ["s1", "s2", "s3"].reduce(
      (state, id) => reduceReview(state, { kind: "undone", submissionId: id, seq: null }),
      done,
    );
    expect([back.counts, back.disputes]).toEqual([counts, 2]);
  });

  it("looks back step by step, and forward to the queue again", () => {
    const done = accept(accept(loaded("a", "b", "c"), "s1"), "s2");
    expect(beside(done, -1, 10)).toBe("s2");
    const older = reduceReview(done, { kind: "look", submissionId: "s2" });
    expect([current(older)?.id, beside(older, -1, 10), beside(older, 1, 10)]).toEqual([
      "b",
      "s1",
      null,
    ]);
  });

  it("keeps what was reviewed when the view changes", () => {
    const turned = reduceReview(accept(loaded("a", "b"), "s1"), { kind: "turned" });
    expect([turned.queue.length, turned.reviewed.length, turned.loaded]).toEqual([0, 1, false]);
  });
});

describe("answers side by side", () => {
  it("begin with the label that holds; of each other person the last word counts", () => {
    const history = [annotation("ben", "bag", 1), annotation("ana", "boot", 2)];
    const said = [
      opinion("cia", "bag", 1),
      opinion("cia", "boot", 2),
      opinion("dan", "bag", 3),
      opinion("dan", "bag", 4, { action: "undo", value: null }),
      opinion("eva", "bag", 5, { gold: true }),
    ];
    const found = answersOf(history[1] ?? null, history, said);
    expect(found.map(({ who, kind }) => [who, kind])).toEqual([
      ["ana", "holds"],
      ["ben", "earlier"],
      ["cia", "opinion"],
    ]);
    expect(agreementOf(found)).toEqual({ same: 1, all: 1 });
  });

  it("agree with a consensus, or with most where there is none", () => {
    const said = [opinion("ana", "boot", 1), opinion("ben", "bag", 2), opinion("cia", "boot", 3)];
    const label = annotation("majority", "boot", 1, { origin: "consensus" });
    expect(agreementOf(answersOf(label, [label], said))).toEqual({ same: 2, all: 3 });
    expect(agreementOf(answersOf(null, [], said))).toEqual({ same: 2, all: 3 });
    expect(agreementOf(answersOf(annotation("ana", "boot", 1), [], []))).toBeNull();
  });
});

describe("the address of a view", () => {
  it("is read back, and nonsense is passed over", () => {
    const search = readReviewSearch({ state: "fixed", annotator: "ana", round: "3", x: 1 });
    expect(search).toEqual({ state: "fixed", annotator: "ana", round: 3 });
    expect(filterOf(search)).toMatchObject({ state: "fixed", any_state: false, round: 3 });
    expect(readReviewSearch({ state: "none", round: "-1" })).toEqual({});
    expect(filterOf({ state: "any" })).toMatchObject({ any_state: true, state: undefined });
  });
});
