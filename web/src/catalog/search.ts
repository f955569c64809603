/** The catalog's view as words in the URL: filters, order, and the asset that is open. */
import type { View } from "../api/queries";
import type { ProjectInfo, Sort } from "../api/types";

export const SORTS: readonly Sort[] = [
  "order",
  "confidence",
  "-confidence",
  "margin",
  "hardest",
  "newest_label",
];
/** The orders that have something to go by in a project of this task. */
export function sortsOf(task: ProjectInfo["task"] | undefined): readonly Sort[] {
  if (task === undefined || task === "classification") return SORTS;
  // A class is claimed with a confidence; of numbers and polygons nothing tells how hard they are.
  const hard = task !== "regression" && task !== "polygons";
  return SORTS.filter((sort) =>
    sort === "hardest" ? hard : sort === "order" || sort === "newest_label",
  );
}

export const STATES = ["any", "unlabeled", "labeled", "skipped"] as const;
export const DIFFICULTIES = ["easy", "medium", "hard"] as const;
export const ARMS = ["active", "control", "audit"] as const;

export type State = (typeof STATES)[number];

export type CatalogSearch = {
  state?: State;
  label?: string[];
  predicted?: string[];
  min?: number;
  max?: number;
  difficulty?: (typeof DIFFICULTIES)[number][];
  disagree?: boolean;
  arm?: (typeof ARMS)[number];
  round?: number;
  q?: string;
  where?: string[];
  slice?: string;
  sort?: Sort;
  from?: number;
  asset?: string;
};

type Raw = Record<string, unknown>;

/** Read a search from a URL; what makes no sense is left out. */
export function readSearch(raw: Raw): CatalogSearch {
  const search: CatalogSearch = {
    state: oneOf(STATES, raw.state),
    label: texts(raw.label),
    predicted: texts(raw.predicted),
    min: share(raw.min),
    max: share(raw.max),
    difficulty: severalOf(DIFFICULTIES, raw.difficulty),
    disagree: raw.disagree === true || raw.disagree === "true" ? true : undefined,
    arm: oneOf(ARMS, raw.arm),
    round: whole(raw.round),
    q: text(raw.q),
    where: texts(raw.where),
    slice: text(raw.slice),
    sort: oneOf(SORTS, raw.sort),
    from: whole(raw.from),
    asset: text(raw.asset),
  };
  if (search.state === "any") search.state = undefined;
  if (search.sort === "order") search.sort = undefined;
  return compact(search);
}

/** The server's query parameters of a search, without what only the page needs. */
export function toQuery(search: CatalogSearch): View {
  return compact({
    state: search.state,
    label: search.label,
    predicted: search.predicted,
    min_confidence: search.min,
    max_confidence: search.max,
    difficulty: search.difficulty,
    disagree: search.disagree,
    arm: search.arm,
    round: search.round,
    q: search.q,
    where: search.where,
    slice: search.slice,
    sort: search.sort,
  });
}

/** How many filters narrow the view. */
export function filterCount(search: CatalogSearch): number {
  const { sort, from, asset, min, max, ...filters } = search;
  const range = min !== undefined || max !== undefined ? 1 : 0;
  return Object.keys(compact(filters)).length + range;
}

/** A query string with repeated keys: `?label=boot&label=shirt`. */
export function writeQueryString(search: Raw): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === "") continue;
    for (const item of Array.isArray(value) ? value : [value]) parameters.append(key, String(item));
  }
  const query = parameters.toString();
  return query ? `?${query}` : "";
}

/** The inverse: one text, or an array of texts where a key repeats. */
export function parseQueryString(query: string): Raw {
  const parameters = new URLSearchParams(query);
  const found: Raw = {};
  for (const key of new Set(parameters.keys())) {
    const values = parameters.getAll(key);
    found[key] = values.length === 1 ? values[0] : values;
  }
  return found;
}

/**
 * What a page reads of its address, and nothing else. The router keeps every word of the address
 * that a reader does not name, so words without sense would come through it: each is named here.
 */
export function nothingElse<T extends object>(read: (raw: Raw) => T): (raw: Raw) => T {
  return (raw) => {
    const blank = Object.fromEntries(Object.keys(raw).map((key) => [key, undefined]));
    return { ...blank, ...read(raw) };
  };
}

function compact<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined && item !== ""),
  ) as T;
}

function oneOf<T extends string>(options: readonly T[], value: unknown): T | undefined {
  return options.find((option) => option === value);
}

function severalOf<T extends string>(options: readonly T[], value: unknown): T[] | undefined {
  const found = options.filter((option) => texts(value)?.includes(option));
  return found.length > 0 ? found : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number"
    ? String(value) || undefined
    : undefined;
}

function texts(value: unknown): string[] | undefined {
  const list = (Array.isArray(value) ? value : [value]).map(text);
  const found = list.filter((item): item is string => item !== undefined);
  return found.length > 0 ? found : undefined;
}

function whole(value: unknown): number | undefined {
  const number =
    typeof value === "string" || typeof value === "number" ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number >= 0 ? number : undefined;
}

function share(value: unknown): number | undefined {
  const number =
    typeof value === "string" || typeof value === "number" ? Number(value) : Number.NaN;
  return number >= 0 && number <= 1 ? number : undefined;
}
