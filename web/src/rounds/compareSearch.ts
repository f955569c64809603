/** The comparison as words in the URL: both models, the open gallery and asset, and the sliders. */

export const KINDS = ["newly_wrong", "newly_right", "most_wrong", "least_confident"] as const;
export type Kind = (typeof KINDS)[number];

/** What becomes of a box: of one that is there, and, where nothing is, of one that is said. */
export const FATES = ["matched", "missed", "confused", "spurious"] as const;
export type Fate = (typeof FATES)[number];

export type CompareSearch = {
  /** A round, its control as `3-control`, or the id of a model. */
  first?: string;
  second?: string;
  gallery?: Kind;
  /** The asset in the drawer. */
  asset?: string;
  /** Answers count from this confidence on. */
  confidence?: number;
  /** Of boxes: the intersection over union from which two are the same. */
  overlap?: number;
  /** Of boxes: the assets where those of a class have this fate. */
  of?: string;
  fate?: Fate;
};

/** Read a comparison from a URL; what makes no sense is left out. */
export function readCompareSearch(raw: Record<string, unknown>): CompareSearch {
  const search: CompareSearch = {};
  for (const side of ["first", "second", "asset"] as const) {
    const name = raw[side];
    if ((typeof name === "string" || typeof name === "number") && name !== "")
      search[side] = String(name);
  }
  const kind = KINDS.find((one) => one === raw.gallery);
  if (kind) search.gallery = kind;
  const confidence = Number(raw.confidence);
  if (raw.confidence !== undefined && confidence >= 0 && confidence <= 1)
    search.confidence = confidence;
  const overlap = Number(raw.overlap);
  if (raw.overlap !== undefined && overlap > 0 && overlap < 1) search.overlap = overlap;
  const fate = FATES.find((one) => one === raw.fate);
  const of = raw.of;
  if (fate && (typeof of === "string" || typeof of === "number") && of !== "")
    Object.assign(search, { fate, of: String(of) });
  return search;
}

export type ChangeCompare = (
  part: { [K in keyof CompareSearch]?: CompareSearch[K] | undefined },
) => void;
