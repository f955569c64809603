/** A paired difference: its value, and its interval as a band about zero. */
import type { Paired } from "../api/types";
import styles from "./compare.module.css";
import { gapText, verdict } from "./compareWords";

type Props = { pair: Paired; measure: string; scale: number };

export function Gap({ pair, measure, scale }: Props) {
  const { value, low, high } = pair.difference;
  const at = (end: number) => 50 + (50 * Math.max(-scale, Math.min(scale, end))) / scale;
  const won = verdict(pair);
  return (
    <span className={styles.gap} data-won={won > 0 || undefined} data-lost={won < 0 || undefined}>
      <span className={styles.gapScale} aria-hidden="true">
        <i data-zero />
        <span style={{ left: `${at(low)}%`, right: `${100 - at(high)}%` }} />
        <b style={{ left: `${at(value)}%` }} />
      </span>
      <span className={styles.gapText}>
        {gapText(measure, value)}{" "}
        <small>
          {gapText(measure, low)} to {gapText(measure, high)}
        </small>
      </span>
    </span>
  );
}

/** The widest end of some intervals, so that they stand on one scale. */
export function scaleOf(pairs: readonly Paired[]): number {
  const ends = pairs.flatMap(({ difference }) => [difference.low, difference.high]);
  return Math.max(1e-9, ...ends.map(Math.abs));
}
