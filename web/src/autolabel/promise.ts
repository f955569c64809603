/** The promise of an error rate: the rates that are offered, where they lie, and what is said of them. */
import type { AutoLabelSet, Proposal } from "../api/types";
import { count, percent, plural } from "../parts/format";

/** Error rates for which a proposal tells what could be accepted. */
export const RATES = [
  0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2,
] as const;
export const SURES = [0.9, 0.95, 0.99] as const;
export const PLAIN = { promise: 0.02, sure: 0.95 };

const FIRST = Math.log(RATES[0]);
const LAST = Math.log(RATES[RATES.length - 1] ?? 1);

/** Of sets and shapes so many labels that a model has not learned tell how often it is wrong. */
export const FEWEST = 30;

/** Where a rate lies on the axis, 0 to 1: equal factors are equal steps. */
export function placeOf(rate: number): number {
  return (Math.log(rate) - FIRST) / (LAST - FIRST);
}

/** The offered rate nearest to a place on the axis. */
export function rateAt(place: number): number {
  return nearestRate(Math.exp(FIRST + place * (LAST - FIRST)));
}

export function nearestRate(rate: number): number {
  const away = (other: number) => Math.abs(Math.log(other) - Math.log(rate));
  return RATES.reduce<number>((best, other) => (away(other) < away(best) ? other : best), RATES[0]);
}

/** The rate that a key leads to from another; null for keys that move nothing. */
export function rateByKey(rate: number, key: string): number | null {
  const at = RATES.indexOf(nearestRate(rate) as (typeof RATES)[number]);
  const steps: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    PageUp: at + 3,
    PageDown: at - 3,
    Home: 0,
    End: RATES.length - 1,
  };
  const next = steps[key];
  return next === undefined ? null : (RATES[clamp(next, 0, RATES.length - 1)] ?? null);
}

/** "2 %", "0.75 %": as few digits as the rate has. */
export function rateText(rate: number): string {
  const points = rate * 100;
  const digits = [0, 1].find((n) => Math.abs(points - Number(points.toFixed(n))) < 1e-9) ?? 2;
  return percent(rate, digits);
}

/** Assets without a decision when the proposal was made; where it does not tell, by class. */
export function freeOf(proposal: Proposal): number {
  // Of sets and shapes an asset counts in each class that its label names.
  if (proposal.free > 0) return proposal.free;
  return proposal.classes.reduce((sum, share) => sum + share.count + share.left, 0);
}

export function pointAt(proposal: Proposal, rate: number): Proposal["curve"][number] | undefined {
  return proposal.curve.find((point) => Math.abs(point.max_error - rate) < 1e-9);
}

/** The strictest promise that lets something in. */
export function firstKept(proposal: Proposal): Proposal["curve"][number] | undefined {
  return proposal.curve.find((point) => point.count > 0);
}

/** Random labels that are still needed for a first test of the promise. */
export function missingChecks({ certificate }: Proposal): number {
  if (certificate.threshold !== null) return 0;
  return Math.max(0, certificate.needed - certificate.available);
}

/** Whether more checks are needed than assets are left to check. */
export function isOutOfReach(proposal: Proposal): boolean {
  return missingChecks(proposal) >= freeOf(proposal);
}

/** How many checks to ask for: half as many again leaves room for an error among them. */
export function checksToAsk(missing: number): number {
  return Math.max(20, Math.ceil((1.5 * missing) / 10) * 10);
}

/** Why nothing can be worked out with a model whose errors are not known, and what to do. */
export function unknownErrors(heldOut: number, open: number): string {
  if (heldOut >= FEWEST)
    return `${count(heldOut)} labels that no model has learned can tell it by now. The next model that is trained is judged by them; a model of your own has to say how sure it is.`;
  const known = `That takes ${FEWEST} labels that it has not learned, and there ${heldOut === 1 ? "is" : "are"} ${count(heldOut)}: the audit set, the control arm and random checks.`;
  return open > 0
    ? `${known} Answer what is asked; the next model that is trained is judged by them.`
    : `${known} Ask people for the rest; once they are answered, the next model that is trained is judged by them.`;
}

export type Standing = {
  proposal: Proposal | undefined;
  sets: readonly AutoLabelSet[];
  /** Checks were asked since the proposal was made, so it can be accepted no more. */
  outdated: boolean;
  /** Questions that wait for an answer. */
  open: number;
};

/** Whether a proposal can be accepted as it is. */
export function isOpen({ proposal, sets, outdated }: Standing): boolean {
  if (!proposal || outdated || proposal.count === 0) return false;
  return !sets.some(({ id }) => id === proposal.id);
}

/** Where auto-labelling stands and what to do next, with the reason. */
export function sentenceOf(standing: Standing): string {
  const { proposal, sets, outdated, open } = standing;
  const stands = sets.filter((set) => set.rolled_back_at === null);
  const broken = stands.find((set) => set.broken);
  if (broken)
    return `The promise of ${rateText(broken.max_error)} is broken: ${broken.wrong} of ${broken.answered} audited labels were wrong, so at least ${percent(broken.low)} are. Roll the set back.`;
  if (outdated)
    return open > 0
      ? `${plural(open, "question waits", "questions wait")} for an answer. Answer the checks, then work the promise out anew.`
      : "Checks were asked since this was worked out. Work it out again: what may be accepted has changed.";
  if (proposal && isOpen(standing)) return offer(proposal);
  if (proposal && proposal.certificate.threshold === null) return refusal(proposal);
  if (stands.length > 0) return audited(stands);
  if (proposal && !sets.some(({ id }) => id === proposal.id))
    return "The promise holds, but nothing is left that it would let in. Promise less to go further.";
  return sets.length > 0
    ? "No auto-labels stand: every set was rolled back. Label more, then work out what can be promised."
    : "Nothing is labelled by the model yet. Choose how many wrong labels you can bear, and see how many assets that spares people.";
}

function offer(proposal: Proposal): string {
  const { max_error, confidence } = proposal.certificate;
  return `${count(proposal.count)} of ${count(freeOf(proposal))} open assets can be labelled without a person: at most ${rateText(max_error)} of them wrong, ${percent(confidence, 0)} sure. Accept them; people go on checking.`;
}

function refusal(proposal: Proposal): string {
  const missing = missingChecks(proposal);
  const rate = rateText(proposal.certificate.max_error);
  const kept = firstKept(proposal);
  const less = kept
    ? ` Or promise ${rateText(kept.max_error)}, which lets in ${count(kept.count)}.`
    : "";
  if (isOutOfReach(proposal))
    return `${rate} cannot be promised: at least ${count(missing)} more random checks would be needed, and ${plural(freeOf(proposal), "asset is", "assets are")} open. Label these by hand.${less}`;
  if (missing > 0)
    return `${rate} cannot be promised yet: at least ${plural(missing, "more random check is", "more random checks are")} needed. Ask people for them.${less}`;
  return `${rate} cannot be promised: too many of the surest checks were wrong. Label another round to make the labeler better.${less}`;
}

function audited(stands: readonly AutoLabelSet[]): string {
  const sum = (pick: (set: AutoLabelSet) => number) =>
    stands.reduce((total, set) => total + pick(set), 0);
  const head = `${plural(
    sum((set) => set.holding),
    "auto-label stands",
    "auto-labels stand",
  )}.`;
  const answered = sum((set) => set.answered);
  return answered === 0
    ? `${head} None is audited yet: ask people about some, so that the promise is watched.`
    : `${head} ${count(sum((set) => set.wrong))} of ${count(answered)} audited ones were wrong, so the promise is not broken. Go on auditing.`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
