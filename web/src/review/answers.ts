/** One label to review, or one asset whose opinions decide nothing, and what people said about it. */
import type {
  Action,
  Annotation,
  Dispute,
  Media,
  Opinion,
  Review,
  ReviewItem,
  ReviewState,
  Value,
} from "../api/types";
import { says } from "./sameAnswer";

export type Subject = {
  id: string;
  media: Media;
  text: string | null;
  /** Null where opinions decide nothing. */
  label: Annotation | null;
  /** The entry of the label log that is looked at; null while an undo is on its way. */
  seq: number | null;
  state: ReviewState | "disputed";
  expectedError: number | null;
  review: Review | null;
};

export function subjectOf({
  annotation,
  card,
  state,
  expected_error,
  review,
}: ReviewItem): Subject {
  return {
    id: card.id,
    media: card.media,
    text: card.text,
    label: annotation,
    seq: annotation.seq,
    state,
    expectedError: expected_error,
    review,
  };
}

export function disputeOf({ asset_id }: Dispute, media: Media): Subject {
  return {
    id: asset_id,
    media,
    text: null,
    label: null,
    seq: null,
    state: "disputed",
    expectedError: null,
    review: null,
  };
}

/** What one person said: the label that holds, an opinion, or a label that was replaced since. */
export type Answer = {
  who: string;
  kind: "holds" | "opinion" | "earlier";
  action: Action;
  value: Value | null;
  seconds: number | null;
  at: string;
};

/** The answers side by side: the label that holds, then everybody's last word by name. */
export function answersOf(
  label: Annotation | null,
  history: readonly Annotation[],
  opinions: readonly Opinion[],
): Answer[] {
  const last = new Map<string, Answer>();
  for (const entry of history)
    if (entry.origin !== "consensus" && entry.seq !== label?.seq) keep(last, entry, "earlier");
  for (const opinion of opinions) if (!opinion.gold) keep(last, opinion, "opinion");
  if (label && label.origin !== "consensus") last.delete(label.annotator);
  const others = [...last.values()].sort((a, b) => (a.who < b.who ? -1 : 1));
  return label ? [answerOf(label, "holds"), ...others] : others;
}

function keep(last: Map<string, Answer>, said: Annotation | Opinion, kind: Answer["kind"]): void {
  if (said.action === "undo") last.delete(said.annotator);
  else last.set(said.annotator, answerOf(said, kind));
}

function answerOf(said: Annotation | Opinion, kind: Answer["kind"]): Answer {
  const { annotator, action, value, seconds, created_at } = said;
  return { who: annotator, kind, action, value, seconds, at: created_at };
}

/** How many of the people who gave an answer beside the label say the same; null without any. */
export function agreementOf(answers: readonly Answer[]): { same: number; all: number } | null {
  const label = answers.find(({ kind }) => kind === "holds");
  const others = answers.filter(({ kind }) => kind === "opinion");
  if (others.length < 2 && !(label && others.length > 0)) return null;
  const all = others.length;
  if (label) return { same: others.filter((one) => says(one.value, label.value)).length, all };
  const most = others.map((one) => others.filter((two) => says(one.value, two.value)).length);
  return { same: Math.max(...most), all };
}
