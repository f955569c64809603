/** Both arms over all classes, at the same number of labels. */
import type { Experiment, Measure } from "../api/types";
import { count, percent, points } from "../parts/format";
import styles from "./experiment.module.css";
import { ends, gainWords, KINDS, NAMES, verdict } from "./figures";

export function WholeCard({ experiment }: { experiment: Experiment }) {
  const { size, active, control, gain } = experiment.result;
  return (
    <section className={styles.card} aria-labelledby="whole">
      <h2 id="whole">All classes, {count(size)} labels each</h2>
      <table className={styles.table}>
        <thead>
          <tr>
            <td />
            <th scope="col">Active</th>
            <th scope="col">Random</th>
            <th scope="col">Gain</th>
          </tr>
        </thead>
        <tbody>
          {KINDS.map((kind) => (
            <tr key={kind}>
              <th scope="row">{NAMES[kind]}</th>
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
