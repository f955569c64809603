/** The view of first guesses as words in the URL: which assets are offered as examples. */

export type GuessSearch = { sample?: number };

/** Read a view from a URL; what makes no sense is left out. */
export function readGuessSearch(raw: Record<string, unknown>): GuessSearch {
  const sample = Number(raw.sample ?? Number.NaN);
  return Number.isInteger(sample) && sample > 0 ? { sample } : {};
}
