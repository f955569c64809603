/** What becomes of suspect labels, as pure functions: which are shown, what was decided, where to go next. */
import type { Suspect } from "../api/types";
import type { ReviewSearch } from "./reviewSearch";

export type Verb = "kept" | "fixed" | "asked";

export type Outcome = {
  verb: Verb;
  /** The class that it was fixed to. */
  name: string | null;
  /** Null where it cannot be taken back. */
  submissionId: string | null;
  /** Whether it is a label of whoever decides: nobody reviews their own. */
  own: boolean;
};

export type Outcomes = ReadonlyMap<string, Outcome>;

/** Those that the view wants, the least credible first, as the server gives them. */
export function narrowed(all: readonly Suspect[], search: ReviewSearch): Suspect[] {
  const { annotator, label, suggested } = search;
  return all.filter(
    (one) =>
      (annotator === undefined || one.annotator === annotator) &&
      (label === undefined || one.given === label) &&
      (suggested === undefined || one.suggested === suggested),
  );
}

export type Pair = { given: string; suggested: string; number: number };

/** What is taken for what most often, of those that nobody has decided; only what comes twice. */
export function pairsOf(all: readonly Suspect[], outcomes: Outcomes, most = 6): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { asset_id, given, suggested } of all) {
    if (outcomes.has(asset_id)) continue;
    const key = JSON.stringify([given, suggested]);
    const pair = pairs.get(key) ?? { given, suggested, number: 0 };
    pairs.set(key, { ...pair, number: pair.number + 1 });
  }
  return [...pairs.values()]
    .filter(({ number }) => number > 1)
    .sort((a, b) => b.number - a.number)
    .slice(0, most);
}

/** The first undecided one after `at`, round the end; `at` itself where all are decided. */
export function nextOpen(shown: readonly Suspect[], outcomes: Outcomes, at: number): number {
  for (let step = 1; step <= shown.length; step += 1) {
    const index = (at + step) % shown.length;
    const one = shown[index];
    if (one && !outcomes.has(one.asset_id)) return index;
  }
  return at;
}

/** The assets that a key is about: those chosen, else the one in focus. */
export function aboutOf(
  chosen: ReadonlySet<string>,
  focus: Suspect | null,
  shown: readonly Suspect[],
): Suspect[] {
  if (chosen.size > 0) return shown.filter(({ asset_id }) => chosen.has(asset_id));
  return focus ? [focus] : [];
}
