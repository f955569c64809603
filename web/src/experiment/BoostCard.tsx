/** The efficiency boost: how many labels random needs for each label that was chosen. */
import type { Experiment } from "../api/types";
import { percent } from "../parts/format";
import { atLeast, measureInWords } from "../parts/measures";
import styles from "./experiment.module.css";
import { labelsUntil } from "./figures";

export function BoostCard({ experiment }: { experiment: Experiment }) {
  const { boost, measure, active_curve, control_curve } = experiment.result;
  const single = measure === "accuracy";
  return (
    <section className={styles.card} aria-labelledby="boost">
      <h2 id="boost">Efficiency boost</h2>
      {boost ? (
        <>
          <p className={styles.big}>
            {atLeast(boost, active_curve, control_curve)}
            {boost.times.value.toFixed(2)} ×{" "}
            <small>
              {boost.times.low.toFixed(2)} to {boost.times.high.toFixed(2)}
            </small>
          </p>
          <p className={styles.text}>
            So many labels random needs for each one that was chosen, over all{" "}
            {single ? "accuracies" : `values of ${measureInWords(measure)}`} that both arms passed.
            For {percent(boost.accuracy)} it took {labelsUntil(boost.active_labels, active_curve)}{" "}
            chosen labels, and {labelsUntil(boost.control_labels, control_curve)} random ones.
          </p>
        </>
      ) : (
        <p className={styles.text}>
          Too early to say: half as many labels are as possible as twice as many, or the active arm
          was as good from its first labels on. More labels of both arms, or more to measure on,
          would tell.
        </p>
      )}
    </section>
  );
}
