/** What becomes of a decision that could not be stored. */
import type { LabelBody } from "../api/types";
import { newId } from "./newId";
import { type Entry, inTrouble, type Outbox } from "./outbox";
import type { LabelCargo } from "./pending";

export type Keep = "mine" | "theirs";

/** A label in trouble. */
export type LabelEntry = Entry & { cargo: LabelCargo };

export function isLabel(entry: Entry): entry is LabelEntry {
  return entry.cargo.kind === "label";
}

/** Whether the same label can be stored later: the role or what others do may change, it not. */
export function mayBeSentAgain({ status }: Entry): boolean {
  return status === 403 || status === 409;
}

/** The labels that were refused for the same reason as `entry`, itself among them. */
export function refusedAlike(entries: readonly Entry[], entry: Entry): LabelEntry[] {
  return entries
    .filter(isLabel)
    .filter((other) => inTrouble(other) && !other.theirs && other.problem === entry.problem);
}

/**
 * What to send once somebody has chosen between two versions; null when nothing is to be sent.
 * Keeping theirs also answers the task: otherwise the asset would stay open for ever.
 */
export function settledBody({ cargo, theirs, status }: LabelEntry, keep: Keep): LabelBody | null {
  const mine = cargo.body;
  if (keep === "mine") {
    // A 409 without another version: nothing stands there.
    const seen = status === 409 ? null : mine.expected_version;
    return { ...mine, submission_id: newId(), expected_version: theirs?.version ?? seen };
  }
  const answers = theirs !== null && (theirs.value !== null || theirs.action !== "undo");
  if (!answers || mine.task_id == null) return null;
  const action = theirs.action === "undo" ? "label" : theirs.action;
  const expected_version = theirs.version;
  return { ...mine, submission_id: newId(), expected_version, action, value: theirs.value };
}

/** Send what was chosen in the place of `entry`, or forget it; gives what is sent. */
export function settleIn(outbox: Outbox, entry: LabelEntry, keep: Keep): LabelBody | null {
  const body = settledBody(entry, keep);
  if (body) outbox.replace(entry, { ...entry.cargo, body });
  else outbox.drop(entry.id);
  return body;
}
