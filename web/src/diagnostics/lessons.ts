/** From what data taught to bars, lines and sentences. */
import type { BatchLesson, ClassLesson, Lessons } from "../api/types";
import { isolated, percent, plural, signed } from "../parts/format";

/** Where a bar and its interval lie on a scale that all bars share, in percent of its width. */
export type Bar = { left: number; width: number; low: number; high: number; zero: number };

/** The bars of the batches on one scale around zero. */
export function barsOf(batches: readonly BatchLesson[]): Bar[] {
  const least = Math.min(0, ...batches.map(({ low }) => low));
  const most = Math.max(0, ...batches.map(({ high }) => high));
  const span = most - least || 1;
  const place = (points: number) => (100 * (points - least)) / span;
  return batches.map(({ points, low, high }) => ({
    left: place(Math.min(0, points)),
    width: place(Math.max(0, points)) - place(Math.min(0, points)),
    low: place(low),
    high: place(high),
    zero: place(0),
  }));
}

/** What a batch is called. */
export function batchName({ first, last }: Pick<BatchLesson, "first" | "last">): string {
  if (last === 0) return "No round asked";
  return first === last ? `Round ${last}` : `Up to round ${last}`;
}

/** A batch in one sentence, for those who cannot see the bar. */
export function batchWords(batch: BatchLesson): string {
  return (
    `${batchName(batch)}, ${plural(batch.labels, "label")}: ${signed(batch.points)} points ` +
    `(${signed(batch.low)} to ${signed(batch.high)})${perHundred(batch)}`
  );
}

/** What a hundred labels like these would bring; nothing where too few stand behind it. */
export function perHundred({ density }: Pick<BatchLesson, "density">): string {
  return density === null ? "" : `, ${signed(density)} a hundred`;
}

/** The classes that a batch moved most, those that moved by a tenth of a point or more. */
export function movedWords({ per_class }: Pick<BatchLesson, "per_class">): string {
  return Object.entries(per_class)
    .filter(([, points]) => Math.abs(points) >= 0.1)
    .map(([name, points]) => `${isolated(name)} ${signed(points)}`)
    .join(", ");
}

/** When a class was learned, forgotten or stalled. */
export function learnedWords({ learned, forgotten, stalled }: ClassLesson): string {
  const words = [learned === null ? "not learned yet" : `learned in round ${learned}`];
  if (forgotten.length > 0) words.push(`forgotten in ${forgotten.join(", ")}`);
  if (stalled) words.push("stalled");
  return words.join(", ");
}

/** The points of a small line of shares from 0 to 1; rounds without a share are left out. */
export function lineOf(shares: readonly (number | null)[], width: number, height: number): string {
  const step = shares.length > 1 ? width / (shares.length - 1) : 0;
  return shares
    .flatMap((share, at) =>
      share === null ? [] : [`${(at * step).toFixed(1)},${((1 - share) * height).toFixed(1)}`],
    )
    .join(" ");
}

/** How the model learned over the rounds, and what room it needs, in sentences. */
export function courseWords(told: Lessons): string[] {
  const words = [...told.ties];
  const newest = told.stability.at(-1);
  if (newest !== undefined)
    words.push(`The newest model agrees with the one before: kappa ${newest.toFixed(2)}.`);
  if (told.overfitting !== null)
    words.push(`Since round ${told.overfitting} the model only learned its labels by heart.`);
  if (told.hardness) {
    const { easy, ambiguous, hard, forgettings } = told.hardness;
    words.push(
      `Over the rounds ${plural(easy, "asset")} easy to learn, ${ambiguous} ambiguous, ${hard} hard to learn; forgotten ${plural(forgettings, "time")}.`,
    );
  }
  if (told.capacity) words.push(told.capacity.sentence);
  return words;
}

/** What the bars, and the points of the classes, rest on. */
export function restsOn({ sample, alike }: Pick<Lessons, "sample" | "alike">): string {
  const base = `The model with the labels of a batch or class against the model without them, in points of the chance it gives the right class, on ${plural(sample, "asset")} it did not learn from.`;
  return alike < 1
    ? `${base} Compared by a linear model, which says the same of ${percent(alike, 0)} of them.`
    : base;
}
