/** A share with its interval as a band on a line from 0 to 1. */
import type { Estimate } from "../api/types";
import styles from "./team.module.css";

export function Range({ of }: { of: Pick<Estimate, "value" | "low" | "high"> }) {
  return (
    <span className={styles.range} aria-hidden="true">
      <span style={{ left: `${of.low * 100}%`, right: `${(1 - of.high) * 100}%` }} />
      <i style={{ left: `${of.value * 100}%` }} />
    </span>
  );
}
