/** Numbers, times and names as people read them. */
import type { Estimate } from "../api/types";

const counts = new Intl.NumberFormat("en");
const THIN = "\u202f";
/** A tenth of a point is the last digit told: less than half of it beyond an end is none. */
const ROUNDED = 0.0005;
/** By how much ± may miss an end. */
const LOPSIDED = 0.02;
/** A half, and the noise that a float may be below it. */
const HALF = 0.5 + 1e-9;
const MOST_DIGITS = 12;

export function count(value: number): string {
  return counts.format(Math.round(value));
}

/** "1 label", "2 labels". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}

/** A sentence of the server in which no line ends between a number and its % or ±. */
export function unbroken(sentence: string): string {
  return sentence.replace(/(?<=[\d%]) (?=[%±])|(?<=±) (?=\d)/g, "\u00a0");
}

/** A number of so many decimals as the server's sentences round it: halves go away from zero. */
export function fixed(value: number, digits: number): string {
  const text = (Math.floor(Math.abs(value) * 10 ** digits + HALF) / 10 ** digits).toFixed(digits);
  return value < 0 && Number(text) > 0 ? `−${text}` : text;
}

/** A share of one as "94.1"; rounding never says 100 of what is less: ">99.9". */
function inHundred(share: number, digits: number): string {
  const text = fixed(share * 100, digits);
  return share < 1 && Number(text) >= 100 ? `>${fixed(100 - 10 ** -digits, digits)}` : text;
}

/** A share of one as "94.1 %". */
export function percent(share: number, digits = 1): string {
  return `${inHundred(share, digits)}${THIN}%`;
}

/**
 * The doubt of an estimate in points, as the server's sentences tell it: "± 1.2", or both ends,
 * "(86.2 to 100.0)", where ± half the width would miss an end by more than two points, or lead beyond
 * 0 or 1 though the interval does not.
 */
export function doubt({ value, low, high }: Estimate): string {
  const half = (high - low) / 2;
  const lopsided = Math.abs((high + low) / 2 - value) > LOPSIDED;
  const beyond =
    value + half > Math.max(high, 1) + ROUNDED || value - half < Math.min(low, 0) - ROUNDED;
  if (lopsided || beyond) return `(${inHundred(low, 1)} to ${inHundred(high, 1)})`;
  return `± ${fixed(half * 100, 1)}`;
}

/** "94.1 % ± 1.2", or "100.0 % (86.2 to 100.0)". */
export function estimate(of: Estimate): string {
  return `${percent(of.value)} ${doubt(of)}`;
}

/** A signed difference of shares in points: "+0.8". */
export function points(difference: number): string {
  return signed(difference * 100);
}

/** Points with their sign: "+0.7". */
export function signed(points: number): string {
  const text = fixed(Math.abs(points), 1);
  if (Number(text) === 0) return "±0.0";
  return `${points > 0 ? "+" : "−"}${text}`;
}

/** Seconds as the coarsest words that still say something: "42 s", "3 min", "1 h 20 min". */
export function duration(seconds: number): string {
  if (seconds <= 0) return "0 s";
  if (seconds < 1) return "<1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  const hours = counts.format(Math.floor(minutes / 60));
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** Money as the server's sentences tell it: "EUR 26.55"; below a tenth to two figures, "0.0032". */
export function money(amount: number, currency: string | null): string {
  let digits = 2;
  while (amount > 0 && digits < MOST_DIGITS && amount * 10 ** digits < 9.95) digits += 1;
  const whole = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const text = Number(fixed(amount, digits)).toLocaleString("en", whole);
  return currency === null ? text : `${currency}\u00a0${text}`;
}

/** The same where nothing else says that it is money: "26.55 in money". */
export function inMoney(amount: number, currency: string | null): string {
  return money(amount, currency) + (currency === null ? " in money" : "");
}

/** What is typed as an amount: "Hourly cost (EUR)". */
export function amountName(name: string, currency: string | null): string {
  return currency === null ? name : `${name} (${currency})`;
}

/** How long ago, in one word or two. */
export function ago(time: string, now: number = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 3600) return `${duration(seconds)} ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

/** Seconds still needed at the pace so far; null while it is too early to say. */
export function timeLeft(done: number, total: number | null, elapsed: number): number | null {
  if (total === null || total <= 0 || done <= 0 || elapsed < 1) return null;
  return Math.max(0, (elapsed / done) * (total - done));
}

/** The last part of a path-like id, which is what tells assets apart. */
export function shortId(id: string, limit = 28): string {
  const tail = id.split("/").at(-1) || id;
  return tail.length <= limit ? tail : `…${tail.slice(1 - limit)}`;
}

/** A name in a sentence: one that is written from right to left turns nothing around it. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** "next_round" → "Next round". */
export function words(name: string): string {
  const text = name.replaceAll("_", " ").replaceAll("-", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const STEPS: Record<string, string> = {
  plan: "planning",
  select: "choosing",
  collect: "labelling",
  train: "training",
  evaluate: "measuring",
  diagnose: "diagnosing",
  decide: "deciding",
};

/** What is being done in a step, in one word. */
export function stepName(step: string): string {
  return STEPS[step] ?? step;
}

/** "812 B", "3.4 MB": the size of a file, in powers of a thousand. */
export function fileSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const at = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const size = bytes / 1000 ** at;
  return `${at && size < 100 ? size.toFixed(1) : Math.round(size)} ${units[at]}`;
}
