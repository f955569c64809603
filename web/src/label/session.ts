/** The state of a labelling session as a pure reducer: what is next, what was decided, what is edited. */
import type { Action, Annotation, Asset, QueueItem, Recent, Value } from "../api/types";

/** One asset to decide on; the task is unknown when an old decision is looked at again. */
export type Item = Omit<QueueItem, "task"> & { taskId: number | null; round: number | null };

export type Decision = {
  submissionId: string;
  item: Item;
  action: Exclude<Action, "undo">;
  value: Value | null;
  version: number;
};

/** What an earlier visit left on its way: decisions, newest first, and assets taken back. */
export type Pending = { decisions: readonly Decision[]; withdrawn: readonly string[] };

export type Session = Pending & {
  queue: readonly Item[];
  editing: string | null;
  remaining: number;
  decided: number;
  explanation: string;
  loaded: boolean;
};

export type Event =
  | {
      kind: "leased";
      items: readonly QueueItem[];
      remaining: number;
      explanation: string;
      /** Tasks whose answer is still on its way; the server does not know yet. */
      sent: readonly number[];
    }
  | { kind: "recalled"; recent: readonly Recent[] }
  | { kind: "decided"; decision: Decision; edit: boolean }
  | { kind: "undone"; submissionId: string; version: number }
  | { kind: "acknowledged"; annotation: Annotation }
  /** Without a decision the asset is asked again; `version` is the one that stands. */
  | { kind: "settled"; submissionId: string; decision: Decision }
  | { kind: "settled"; submissionId: string; decision: null; version: number }
  | { kind: "reopened"; decision: Decision }
  | { kind: "edit"; submissionId: string | null };

export const KEPT = 10;

export const emptySession: Session = {
  queue: [],
  decisions: [],
  withdrawn: [],
  editing: null,
  remaining: 0,
  decided: 0,
  explanation: "",
  loaded: false,
};

export function reduce(state: Session, event: Event): Session {
  switch (event.kind) {
    case "leased":
      return leased(state, event);
    case "recalled":
      return recalled(state, event.recent);
    case "decided":
      return decided(state, event.decision, event.edit);
    case "undone":
      return undone(state, event.submissionId, event.version);
    case "acknowledged":
      return acknowledged(state, event.annotation);
    case "settled":
      return settled(state, event);
    case "reopened":
      return reopened(state, event.decision);
    case "edit":
      return { ...state, editing: event.submissionId };
  }
}

/** The asset on the stage: the one being edited, else the head of the queue. */
export function current(state: Session): Item | null {
  return editedDecision(state)?.item ?? state.queue[0] ?? null;
}

export function editedDecision(state: Session): Decision | null {
  return state.decisions.find((decision) => decision.submissionId === state.editing) ?? null;
}

/** The decision one step older (`-1`) or newer (`+1`) than the one on the stage. */
export function neighbour(state: Session, direction: -1 | 1): string | null {
  const ids = state.decisions.slice(0, KEPT).map((decision) => decision.submissionId);
  const at = state.editing === null ? -1 : ids.indexOf(state.editing);
  return ids[direction === -1 ? Math.min(at + 1, ids.length - 1) : at - 1] ?? null;
}

export function toItem(item: QueueItem): Item {
  const { task, ...rest } = item;
  return { ...rest, taskId: task.id, round: task.round };
}

function leased(state: Session, event: Extract<Event, { kind: "leased" }>): Session {
  const fresh = new Map(event.items.map((item) => [item.asset.id, toItem(item)]));
  const answered = new Set<number | null>(event.sent);
  for (const decision of state.decisions) answered.add(decision.item.taskId);
  const kept = state.queue.map((item) => {
    const found = fresh.get(item.asset.id);
    fresh.delete(item.asset.id);
    return item.taskId === null && found
      ? { ...found, version: Math.max(item.version, found.version) }
      : item;
  });
  const added = [...fresh.values()].filter((item) => !answered.has(item.taskId));
  const late = fresh.size - added.length;
  return {
    ...state,
    queue: [...kept, ...added],
    remaining: Math.max(event.remaining - late, kept.length + added.length),
    explanation: event.explanation,
    loaded: true,
  };
}

function recalled(state: Session, recent: readonly Recent[]): Session {
  // The server may not have heard yet that a decision was taken back.
  const known = new Set(state.withdrawn);
  for (const decision of state.decisions) known.add(decision.item.asset.id);
  for (const item of state.queue) known.add(item.asset.id);
  const old: Decision[] = [];
  for (const entry of recent) {
    if (known.has(entry.card.id)) continue;
    known.add(entry.card.id);
    const takenBack = entry.annotation.action === "undo" && entry.annotation.value === null;
    if (!takenBack) old.push(fromRecent(entry));
  }
  return { ...state, decisions: [...state.decisions, ...old] };
}

function fromRecent({ annotation, card }: Recent): Decision {
  const asset: Asset = {
    id: card.id,
    media: card.media,
    text: card.text,
    uri: null,
    features: null,
    metadata: {},
    content_hash: "",
    width: null,
    height: null,
    added_at: null,
  };
  return {
    submissionId: annotation.submission_id,
    action: annotation.action === "undo" ? "label" : annotation.action,
    value: annotation.value,
    version: annotation.version,
    item: {
      asset,
      version: annotation.version,
      prelabel: annotation.prelabel,
      confidence: null,
      model_id: annotation.model_id,
      why: "",
      taskId: null,
      round: annotation.round,
    },
  };
}

function decided(state: Session, decision: Decision, edit: boolean): Session {
  const others = state.decisions.filter((d) => d.item.asset.id !== decision.item.asset.id);
  if (edit) {
    const decisions = state.decisions.map((d) =>
      d.item.asset.id === decision.item.asset.id ? decision : d,
    );
    return { ...state, decisions, editing: null };
  }
  return {
    ...state,
    queue: state.queue.filter((item) => item.asset.id !== decision.item.asset.id),
    decisions: [decision, ...others].slice(0, 50),
    remaining: Math.max(0, state.remaining - 1),
    decided: state.decided + 1,
    editing: null,
  };
}

function undone(state: Session, submissionId: string, version: number): Session {
  const decision = state.decisions.find((d) => d.submissionId === submissionId);
  if (!decision) return state;
  const item: Item = { ...decision.item, version };
  return {
    ...state,
    queue: [item, ...state.queue.filter((other) => other.asset.id !== item.asset.id)],
    decisions: state.decisions.filter((d) => d !== decision),
    remaining: state.remaining + 1,
    decided: Math.max(0, state.decided - 1),
    editing: null,
  };
}

/** After a conflict another decision stands in the old one's place, or the asset is asked again. */
function settled(state: Session, event: Extract<Event, { kind: "settled" }>): Session {
  const { submissionId, decision } = event;
  if (decision === null) return undone(state, submissionId, event.version);
  const decisions = state.decisions.map((d) => (d.submissionId === submissionId ? decision : d));
  return { ...state, decisions };
}

/** A decision that could not be stored is on the stage again, also one that had left the strip. */
function reopened(state: Session, decision: Decision): Session {
  const { submissionId, item } = decision;
  const isThere = state.decisions.some((d) => d.submissionId === submissionId);
  return {
    ...state,
    queue: state.queue.filter((other) => other.asset.id !== item.asset.id),
    decisions: isThere ? state.decisions : [decision, ...state.decisions],
    editing: submissionId,
  };
}

function acknowledged(state: Session, annotation: Annotation): Session {
  const settle = (item: Item): Item =>
    item.asset.id === annotation.asset_id && item.version < annotation.version
      ? { ...item, version: annotation.version }
      : item;
  // What is stored may be named otherwise than what was sent: its class was renamed meanwhile.
  const { action, version, value } = annotation;
  const stored = action === "label" ? { version, value } : { version };
  return {
    ...state,
    queue: state.queue.map(settle),
    decisions: state.decisions.map((d) =>
      d.submissionId === annotation.submission_id ? { ...d, ...stored } : d,
    ),
  };
}
