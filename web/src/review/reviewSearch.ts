/** The view of the review page as words in the URL: which labels, and the one that is open. */

export const STATES = [
  "waiting",
  "disputed",
  "suspect",
  "sent_back",
  "accepted",
  "fixed",
  "any",
] as const;

export type Which = (typeof STATES)[number];

export const STATE_NAMES: Record<Which, string> = {
  waiting: "Waiting",
  disputed: "Disputes",
  suspect: "Suspects",
  sent_back: "Sent back",
  accepted: "Accepted",
  fixed: "Fixed",
  any: "All",
};

export type ReviewSearch = {
  state?: Which;
  annotator?: string;
  label?: string;
  /** What models say instead, among the suspects. */
  suggested?: string;
  round?: number;
  asset?: string;
  /** Whether the editor is open to fix it. */
  fix?: boolean;
};

/** Read a view from a URL; what makes no sense is left out. */
export function readReviewSearch(raw: Record<string, unknown>): ReviewSearch {
  const search: ReviewSearch = {};
  const state = STATES.find((known) => known === raw.state);
  if (state && state !== "waiting") search.state = state;
  for (const key of ["annotator", "label", "suggested", "asset"] as const) {
    const value = raw[key];
    if (typeof value === "string" && value) search[key] = value;
    else if (typeof value === "number") search[key] = String(value);
  }
  const round = Number(raw.round ?? Number.NaN);
  if (Number.isInteger(round) && round > 0) search.round = round;
  if (raw.fix === true || raw.fix === "true") search.fix = true;
  return search;
}

/** What narrows the queue, as the server's query parameters. */
export function filterOf({ state, annotator, label, round }: ReviewSearch) {
  const which = state === "suspect" ? "waiting" : (state ?? "waiting");
  return {
    annotator,
    label,
    round,
    any_state: which === "any" || which === "disputed",
    state: which === "any" || which === "disputed" ? undefined : which,
  };
}
