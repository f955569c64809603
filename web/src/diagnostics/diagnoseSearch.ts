/** The view of the diagnosis as words in the URL: the round, the open cell, and the open asset. */

export type DiagnoseSearch = {
  /** The round that is looked at; the newest with a diagnosis by default. */
  round?: number;
  /** The open cell of the confusion matrix: the label, and what the model says. */
  truth?: string;
  predicted?: string;
  /** The asset in the drawer. */
  asset?: string;
};

/** Read a view from a URL; what makes no sense is left out. */
export function readDiagnoseSearch(raw: Record<string, unknown>): DiagnoseSearch {
  const search: DiagnoseSearch = {};
  const round = Number(raw.round);
  if (raw.round !== undefined && Number.isInteger(round) && round > 0) search.round = round;
  const truth = text(raw.truth);
  const predicted = text(raw.predicted);
  if (truth && predicted) Object.assign(search, { truth, predicted });
  const asset = text(raw.asset);
  if (asset) search.asset = asset;
  return search;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number"
    ? String(value) || undefined
    : undefined;
}
