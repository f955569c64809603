/** The view of experiments as words in the URL: which one is shown. */
export type ExperimentSearch = { id?: string };

/** Read a search from a URL; what makes no sense is left out. */
export function readExperimentSearch(raw: Record<string, unknown>): ExperimentSearch {
  return typeof raw.id === "string" && raw.id ? { id: raw.id } : {};
}
