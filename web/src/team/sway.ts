/** What the difference between answers with and without the suggestion means, in plain words. */
import type { Estimate, Sway } from "../api/types";

/** An interval that ends within so much of zero says that there is little to see. */
const SLIGHT = 0.05;

export type Verdict = { tone: "follow" | "against" | "little" | "unclear"; text: string };

/** Null while one of the two sides has no answer. */
export function verdictOf({ difference }: Pick<Sway, "difference">): Verdict | null {
  if (difference === null) return null;
  const { value, low, high } = difference;
  const hundred = (share: number) => Math.round(Math.abs(share) * 100);
  if (low > 0)
    return {
      tone: "follow",
      text: `People follow the model: in about ${hundred(value)} of 100 answers they say what it suggests, and would have said something else without it.`,
    };
  if (high < 0)
    return {
      tone: "against",
      text: `People go against the model: in about ${hundred(value)} of 100 answers they avoid what it suggests, and would have said it by themselves.`,
    };
  if (Math.max(-low, high) <= SLIGHT)
    return {
      tone: "little",
      text: `Suggestions sway nobody much: whatever the effect, it is at most ${hundred(Math.max(-low, high))} in 100 answers.`,
    };
  return {
    tone: "unclear",
    text: "Not clear yet: the interval holds zero. More answers without the suggestion will tell.",
  };
}

/** Where a share of -1 to 1 lies on a line from -`span` to `span`, as a percentage. */
export function placeOf(share: number, span: number): number {
  return Math.min(100, Math.max(0, 50 + (50 * share) / span));
}

/** The end of a line that an interval around zero fits on. */
export function spanOf({ low, high }: Pick<Estimate, "low" | "high">): number {
  const most = Math.max(Math.abs(low), Math.abs(high));
  return [0.1, 0.2, 0.5].find((end) => most <= end) ?? 1;
}
