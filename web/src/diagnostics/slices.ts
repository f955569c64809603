/** From a saved slice to its words: where it stands, and what that says. */
import type { SlicePoint, SliceReport } from "../api/types";
import { points } from "../parts/format";

/** How right a model is of an asset, as the head of a column, by the measure of the task. */
const RIGHT: Record<string, string> = {
  accuracy: "Right",
  f1: "F1 of an asset",
  closeness: "Closeness",
};

export function rightWords(measure: unknown): string {
  return RIGHT[String(measure)] ?? "Right";
}

/** What the measure is, where its name alone does not say it. */
export function rightMeaning(measure: unknown): string {
  if (measure === "f1") return "How right it is of an asset is the F1 of what it says there. ";
  if (measure === "closeness")
    return "Closeness is 100 % where a number is right, and 0 % where it is off by the labels' standard deviation or more. ";
  return "";
}

/** The point of the round that is looked at; of the newest without one. */
export function pointOf({ course }: SliceReport, round: number | undefined): SlicePoint | null {
  const found = round === undefined ? course.at(-1) : course.find((one) => one.round === round);
  return found ?? null;
}

/** How the slice stands against the rest of the audit set. */
export function verdictWords({ verdict, difference, searched }: SlicePoint): string {
  if (verdict === "too few" || !difference) return "Too few audit labels to compare";
  const range = `${points(difference.low)} to ${points(difference.high)}`;
  const head =
    verdict === "no sure difference"
      ? `No sure difference: ${points(difference.value)}`
      : `${points(difference.value)} points`;
  return `${head} (${range})${searched ? "; found on these labels" : ""}`;
}

/** The accuracies of all rounds, for the small line. */
export function courseOf({ course }: SliceReport): (number | null)[] {
  return course.map(({ accuracy }) => accuracy?.value ?? null);
}
