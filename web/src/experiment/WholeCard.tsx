/** Both arms over all classes, at the same number of labels. */
import type { Experiment, Measure } from "../api/types";
import { count, percent, points } from "../parts/format";
import styles from "./experiment.module.css";
import { ends, gainWords, verdict, wholeFigures } from "./figures";

export function WholeCard({ experiment }: { experiment: Experiment }) {
  const { size, active, control, gain, measure } = experiment.result;
  return (
    <section className={styles.card} aria-labelledby="whole">
      <h2 id="whole">
        {measure === "r2" ? "All test assets" : "All classes"}, {count(size)} labels each
      </h2>
      <table className={`${styles.table} ${styles.whole}`}>
        <thead>
          <tr>
            <td />
            <th scope="col">Active</th>
            <th scope="col">Random</th>
            <th scope="col">Gain</th>
          </tr>
        </thead>
        <tbody>
          {wholeFigures(measure).map(([kind, name]) => (
            <tr key={kind}>
              <th scope="row">{name}</th>
              <Share of={active[kind]} />
              <Share of={control[kind]} />
              <td
                data-verdict={verdict(gain[kind])}
                title={gainWords(gain[kind])}
                className={styles.gain}
              >
                {gain[kind] ? points(gain[kind].value) : ""}
                <small>
                  {gain[kind] && `${points(gain[kind].low)} to ${points(gain[kind].high)}`}
                </small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Share({ of }: { of: Measure | null }) {
  return (
    <td>
      {of ? percent(of.value) : "–"}
      <small>{ends(of)}</small>
    </td>
  );
}
