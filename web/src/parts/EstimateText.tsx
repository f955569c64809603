/** An estimate with its doubt: the value, its interval, and the count behind it on hover. */
import { Tooltip } from "@mantine/core";
import type { Estimate } from "../api/types";
import { count, doubt } from "./format";
import { inUnits, measureText } from "./measures";
import styles from "./parts.module.css";

type Props = { of: Estimate | null; measure?: string };

export function EstimateText({ of, measure = "accuracy" }: Props) {
  if (of === null) return <span style={{ color: "var(--q-dim)" }}>not measured</span>;
  const told = (value: number) => measureText(measure, value);
  const ends = `${told(of.low)} to ${told(of.high)}`;
  const range = `95 % interval ${ends}, from ${count(of.count)} audit labels`;
  return (
    <Tooltip label={range}>
      <span className={styles.estimate}>
        {told(of.value)} <small>{inUnits(measure) ? `(${ends})` : doubt(of)}</small>
      </span>
    </Tooltip>
  );
}
