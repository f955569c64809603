/** The view of auto-labels as words in the URL: the promise, how sure, and the proposal shown. */
import { nearestRate, SURES } from "./promise";

export type AutoLabelSearch = { promise?: number; sure?: number; proposal?: string };

/** Read a search from a URL; what makes no sense is left out. */
export function readAutoLabelSearch(raw: Record<string, unknown>): AutoLabelSearch {
  const promise = Number(raw.promise);
  const sure = SURES.find((value) => value === Number(raw.sure));
  return {
    ...(promise > 0 && promise < 1 ? { promise: nearestRate(promise) } : {}),
    ...(sure ? { sure } : {}),
    ...(typeof raw.proposal === "string" && raw.proposal ? { proposal: raw.proposal } : {}),
  };
}
