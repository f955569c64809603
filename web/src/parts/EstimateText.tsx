/** An estimate with its doubt: the value, its interval, and the count behind it on hover. */
import { Tooltip } from "@mantine/core";
import type { Estimate } from "../api/types";
import { count, doubt, percent } from "./format";
import styles from "./parts.module.css";

export function EstimateText({ of }: { of: Estimate | null }) {
  if (of === null) return <span style={{ color: "var(--q-dim)" }}>not measured</span>;
  const range = `95 % interval ${percent(of.low)} to ${percent(of.high)}, from ${count(of.count)} audit labels`;
  return (
    <Tooltip label={range}>
      <span className={styles.estimate}>
        {percent(of.value)} <small>{doubt(of)}</small>
      </span>
    </Tooltip>
  );
}
