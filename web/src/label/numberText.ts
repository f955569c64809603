/** Numbers as they are typed: read, held to the range, and moved by a step. */

type Range = { lowest: number | null; highest: number | null };

/** What may be typed, in words. */
export function rangeText({ lowest, highest, unit }: Range & { unit: string }): string {
  const ending = unit ? ` ${unit}` : "";
  if (lowest !== null && highest !== null) return `${lowest} to ${highest}${ending}`;
  if (lowest !== null) return `${lowest}${ending} or more`;
  if (highest !== null) return `At most ${highest}${ending}`;
  return "Any number";
}

export type Reading = { number: number; problem: null } | { number: null; problem: string | null };

/** What a typed text means; a comma is a point. Nothing typed is no problem yet. */
export function readNumber(text: string, { lowest, highest }: Range): Reading {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return { number: null, problem: null };
  const number = Number(plain);
  if (!Number.isFinite(number)) return { number: null, problem: `“${text}” is not a number` };
  if (lowest !== null && number < lowest)
    return { number: null, problem: `The lowest number is ${lowest}` };
  if (highest !== null && number > highest)
    return { number: null, problem: `The highest number is ${highest}` };
  return { number, problem: null };
}

/** A step that suits the range: about a hundredth of it, as 1, 2 or 5 times a power of ten. */
export function stepOf({ lowest, highest }: Range): number {
  if (lowest === null || highest === null) return 1;
  const raw = (highest - lowest) / 100;
  const power = 10 ** Math.floor(Math.log10(raw));
  const nice = [1, 2, 5, 10].find((times) => times * power >= raw * 0.999) ?? 10;
  return nice * power;
}

/** The text after `steps` steps up or down, held to the range. */
export function stepped(text: string, steps: number, range: Range): string {
  const step = stepOf(range);
  const from = Number(text.trim().replace(",", "."));
  const start = text.trim() === "" || !Number.isFinite(from) ? (range.lowest ?? 0) - step : from;
  const wanted = (text.trim() === "" && steps < 0 ? start + step : start) + steps * step;
  const held = Math.min(range.highest ?? wanted, Math.max(range.lowest ?? wanted, wanted));
  return String(Number(held.toFixed(Math.max(0, 2 - Math.floor(Math.log10(step))))));
}
