/** Accuracy against labels of both arms, each point with its interval. */
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import type { Experiment } from "../api/types";
import { drawCurve } from "../home/curvePlot";
import { count } from "../parts/format";
import { measureName } from "../parts/measures";
import styles from "./experiment.module.css";
import { rowsOf } from "./figures";

export default function SizeCard({ experiment }: { experiment: Experiment }) {
  const frame = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize();
  const host = useMergedRef(frame, ref);
  useEffect(() => {
    if (!frame.current || width < 120) return;
    const chart = drawCurve(rowsOf(experiment), { axis: "labels", width, currency: null });
    for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
    chart.setAttribute("role", "img");
    frame.current.replaceChildren(chart);
  }, [experiment, width]);
  const { measure } = experiment.result;
  const things = measure === "accuracy" ? "rows" : "assets";
  const rows = experiment.result.active_curve[0]?.accuracy.count ?? 0;
  return (
    <section className={styles.card} aria-labelledby="sizes">
      <h2 id="sizes">{measureName(measure)}, label by label</h2>
      <p className={styles.hint}>
        {experiment.source === "arms"
          ? "Models trained on the first labels of each arm, in the order in which they were asked for. "
          : `Mean of ${experiment.seeds.length} repetitions from scratch, each with the same start. `}
        Measured on {count(rows)} {things}{" "}
        {experiment.test === "audit" ? "of the audit set" : "split off"}; bands are 95 % bootstrap
        intervals.
      </p>
      <div ref={host} className={styles.chart} />
    </section>
  );
}
