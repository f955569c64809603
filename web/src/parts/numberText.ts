/** Numbers as they are typed: read by one rule, held to a range, and moved by a step. */

export type Range = { lowest: number | null; highest: number | null };

const ANY: Range = { lowest: null, highest: null };
/** Digits with one point or comma, and perhaps a power of ten. */
const PLAIN = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
/** A thousand to some, and a bit more than one to others. */
const DOUBLE = /^[+-]?[1-9]\d{0,2},\d{3}$/;

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
export function readNumber(text: string, { lowest, highest }: Range, whole = false): Reading {
  const plain = text.trim();
  if (plain === "") return refused(null);
  if (!PLAIN.test(plain))
    return refused(
      `“${plain}” is not a ${whole ? "whole number such as 12" : "number such as 1234.5"}`,
    );
  const number = Number(plain.replace(",", "."));
  if (DOUBLE.test(plain)) {
    const joined = plain.replace(",", "");
    return refused(
      whole
        ? `“${plain}” has a comma: type ${joined}`
        : `“${plain}” may be ${joined} or ${plain.replace(",", ".")}: type one of these`,
    );
  }
  if (!Number.isFinite(number)) return refused(`“${plain}” is too large a number`);
  if (whole && !Number.isInteger(number)) return refused(`“${plain}” is not a whole number`);
  if (lowest !== null && number < lowest) return refused(`The lowest number is ${lowest}`);
  if (highest !== null && number > highest) return refused(`The highest number is ${highest}`);
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

/** The text after `steps` steps up or down, held to the range; what is no number stays as it is. */
export function stepped(text: string, steps: number, range: Range, step = stepOf(range)): string {
  const { number, problem } = readNumber(text, ANY);
  if (problem !== null) return text;
  const start = number ?? (range.lowest ?? 0) - (steps < 0 ? 0 : step);
  const wanted = start + steps * step;
  const held = Math.min(range.highest ?? wanted, Math.max(range.lowest ?? wanted, wanted));
  return String(Number(held.toFixed(Math.max(0, 2 - Math.floor(Math.log10(step))))));
}

function refused(problem: string | null): Reading {
  return { number: null, problem };
}
