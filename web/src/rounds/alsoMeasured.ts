/** What stands beside the headline of a round: each measure with its interval, arm by arm. */
import type { Evaluation, Measure } from "../api/types";

type Row = { measure: string; better: Measure["better"]; found: (Measure | null)[] };

/** One row for each measure but the headline; null where an arm has none. */
export function alsoMeasured(evaluations: readonly Evaluation[], headline: string): Row[] {
  const names = new Set(evaluations.flatMap(({ measures }) => Object.keys(measures ?? {})));
  names.delete(headline);
  return [...names].map((measure) => {
    const found = evaluations.map(({ measures }) => measures?.[measure] ?? null);
    return { measure, better: found.find((one) => one)?.better ?? "higher", found };
  });
}
