/** The state of a review session as a pure reducer: what is next, what was reviewed, what is looked at. */
import type { Value } from "../api/types";
import type { Subject } from "./answers";

export type Verb = "accept" | "fix" | "send_back" | "reopen" | "left";

/** One subject that is done; "left" sends nothing. */
export type Reviewed = {
  submissionId: string;
  subject: Subject;
  verb: Verb;
  value: Value | null;
};

/** How many labels are in each state of a review. */
export type Counts = Readonly<Record<string, number>>;

export type ReviewSession = {
  queue: readonly Subject[];
  /** Newest first. */
  reviewed: readonly Reviewed[];
  /** The submission that is looked at again. */
  looking: string | null;
  /** How many more fit the view, as the server last said. */
  total: number;
  counts: Counts | null;
  /** How many wait for a decision between opinions; null while nobody asked. */
  disputes: number | null;
  loaded: boolean;
  exhausted: boolean;
};

export type ReviewEvent =
  | {
      kind: "loaded";
      subjects: readonly Subject[];
      total: number;
      counts: Counts | null;
      disputes: number | null;
      exhausted: boolean;
      /** Whether they come before what waits already. */
      first?: boolean;
    }
  | { kind: "reviewed"; reviewed: Reviewed }
  | { kind: "undone"; submissionId: string; seq: number | null }
  | { kind: "acknowledged"; id: string; holds: number }
  | { kind: "look"; submissionId: string | null }
  /** Another view: the queue is read anew, what was reviewed stays. */
  | { kind: "turned" }
  /** Those that were left come again. */
  | { kind: "restarted" };

export const emptyReview: ReviewSession = {
  queue: [],
  reviewed: [],
  looking: null,
  total: 0,
  counts: null,
  disputes: null,
  loaded: false,
  exhausted: false,
};

export function reduceReview(state: ReviewSession, event: ReviewEvent): ReviewSession {
  switch (event.kind) {
    case "loaded":
      return loaded(state, event);
    case "reviewed":
      return {
        ...state,
        queue: state.queue.filter(({ id }) => id !== event.reviewed.subject.id),
        reviewed: [event.reviewed, ...without(state.reviewed, event.reviewed.subject.id)],
        total: Math.max(0, state.total - 1),
        looking: null,
        ...counted(state, event.reviewed, 1),
      };
    case "undone":
      return undone(state, event.submissionId, event.seq);
    case "acknowledged":
      return { ...state, queue: state.queue.map((one) => settled(one, event)) };
    case "look":
      return { ...state, looking: event.submissionId };
    case "turned":
      return { ...emptyReview, reviewed: state.reviewed, disputes: state.disputes };
    case "restarted":
      return {
        ...emptyReview,
        disputes: state.disputes,
        reviewed: state.reviewed.filter(({ verb }) => verb !== "left"),
      };
  }
}

/** What is on the stage: the review that is looked at again, else the head of the queue. */
export function current(state: ReviewSession): Subject | null {
  return looked(state)?.subject ?? state.queue[0] ?? null;
}

export function looked(state: ReviewSession): Reviewed | null {
  return state.reviewed.find(({ submissionId }) => submissionId === state.looking) ?? null;
}

/** The review one step older (`-1`) or newer (`+1`) than the one on the stage. */
export function beside(state: ReviewSession, direction: -1 | 1, kept: number): string | null {
  const ids = state.reviewed.slice(0, kept).map(({ submissionId }) => submissionId);
  const at = state.looking === null ? -1 : ids.indexOf(state.looking);
  return ids[direction === -1 ? Math.min(at + 1, ids.length - 1) : at - 1] ?? null;
}

function loaded(state: ReviewSession, event: Extract<ReviewEvent, { kind: "loaded" }>) {
  const { subjects, first = false, total, counts, disputes, exhausted } = event;
  const known = new Set(state.queue.map(({ id }) => id));
  if (!first) for (const { subject } of state.reviewed) known.add(subject.id);
  const fresh = subjects.filter(({ id }) => first || !known.has(id));
  const named = new Set(fresh.map(({ id }) => id));
  const rest = state.queue.filter(({ id }) => !named.has(id));
  return {
    ...state,
    queue: first ? [...fresh, ...rest] : [...rest, ...fresh],
    reviewed: first
      ? state.reviewed.filter(({ subject }) => !named.has(subject.id))
      : state.reviewed,
    total: first ? state.total : total,
    // What was reviewed here is in it already; the server may not have heard of all of it.
    counts: state.counts ?? counts,
    disputes: disputes ?? state.disputes,
    loaded: state.loaded || !first,
    exhausted: first ? state.exhausted : exhausted,
  };
}

function undone(state: ReviewSession, submissionId: string, seq: number | null): ReviewSession {
  const found = state.reviewed.find((one) => one.submissionId === submissionId);
  if (!found) return state;
  return {
    ...state,
    queue: [{ ...found.subject, seq }, ...state.queue],
    reviewed: state.reviewed.filter((one) => one !== found),
    total: state.total + 1,
    looking: null,
    ...counted(state, found, -1),
  };
}

/** A fix is one's own label, which somebody else reviews: it is in no view. */
const NOW_IN: Partial<Record<Verb, string>> = {
  accept: "accepted",
  send_back: "sent_back",
  reopen: "waiting",
};

/** The numbers of all views after a review, or with `by` -1 after it was taken back. */
function counted({ counts, disputes }: ReviewSession, { subject, verb }: Reviewed, by: 1 | -1) {
  if (verb === "left") return { counts, disputes };
  if (subject.state === "disputed")
    return { counts, disputes: disputes === null ? null : Math.max(0, disputes - by) };
  if (counts === null) return { counts, disputes };
  const next: Record<string, number> = { ...counts };
  const add = (state: string, more: number) => {
    next[state] = Math.max(0, (next[state] ?? 0) + more);
  };
  add(subject.state, -by);
  const now = NOW_IN[verb];
  if (now) add(now, by);
  return { counts: next, disputes };
}

/** An undo has arrived: the label that holds again has its entry. */
function settled(subject: Subject, { id, holds }: { id: string; holds: number }): Subject {
  if (subject.id !== id || subject.label === null) return subject;
  return { ...subject, seq: holds, label: { ...subject.label, seq: holds } };
}

function without(reviewed: readonly Reviewed[], id: string): Reviewed[] {
  return reviewed.filter(({ subject }) => subject.id !== id);
}
