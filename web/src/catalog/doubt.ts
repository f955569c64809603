/** The doubt of an asset in words. */
import type { Doubt } from "../api/types";

/** Below this share of the most there can be a model is sure. */
const SURE = 0.05;

/** Which part is the greater, and what that means. */
export function doubtWords(
  { total, aleatoric, epistemic }: Pick<Doubt, "total" | "aleatoric" | "epistemic">,
  classes: number,
): string {
  if (total < SURE * Math.log(Math.max(classes, 2))) return "It is sure, and its models agree.";
  return epistemic > aleatoric
    ? "Its models contradict each other: labels like this one would teach it."
    : "Its models agree that it may be one or the other.";
}
