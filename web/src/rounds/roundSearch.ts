/** The view of a round as words in the URL: whose picks are shown. */
import type { Arm } from "../api/types";

export const ARMS: readonly Arm[] = ["active", "control", "audit"];

export type RoundSearch = { arm?: Arm };

/** Read a search from a URL; what makes no sense is left out. */
export function readRoundSearch(raw: Record<string, unknown>): RoundSearch {
  const arm = ARMS.find((one) => one === raw.arm);
  return arm ? { arm } : {};
}
