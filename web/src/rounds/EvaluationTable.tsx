/** How both models did on the audit set, in all and by class. */
import { Tooltip } from "@mantine/core";
import type { Evaluation } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { EstimateText } from "../parts/EstimateText";
import { count, percent } from "../parts/format";
import { measureName } from "../parts/measures";
import { alsoMeasured } from "./alsoMeasured";
import styles from "./rounds.module.css";

const ARMS = { active: "Active", control: "Random", audit: "Audit" };

export function EvaluationTable({ evaluations }: { evaluations: Evaluation[] }) {
  if (evaluations.length === 0) return null;
  const active = evaluations.find((evaluation) => evaluation.arm === "active");
  const headline = active?.headline ?? "accuracy";
  const others = alsoMeasured(evaluations, headline);
  const classes = Object.entries(active?.per_class ?? {}).sort((a, b) => a[1].value - b[1].value);
  return (
    <section className={styles.card} aria-labelledby="evaluation">
      <h2 id="evaluation">On the audit set</h2>
      <table className={styles.evaluation}>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Labels</th>
            <th scope="col">{measureName(headline)}</th>
          </tr>
        </thead>
        <tbody>
          {evaluations.map((evaluation) => (
            <tr key={evaluation.arm}>
              <th scope="row">{ARMS[evaluation.arm]}</th>
              <td>{count(evaluation.labels)}</td>
              <td>
                <EstimateText of={evaluation.accuracy} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {active?.before && (
        <p className={styles.hint}>
          The model before chose this batch. It had {percent(active.before.value)} of the candidates
          right ({percent(active.before.low)} to {percent(active.before.high)}), by the{" "}
          {count(active.before.count)} labels that were drawn among them.
        </p>
      )}
      {others.length > 0 && (
        <table className={`${styles.evaluation} ${styles.also}`}>
          <thead>
            <tr>
              <th scope="col">Also measured</th>
              {evaluations.map(({ arm }) => (
                <th key={arm} scope="col">
                  {ARMS[arm]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {others.map(({ measure, better, found }) => (
              <tr key={measure}>
                <th scope="row">
                  {measureName(measure)}
                  {better === "lower" && <small>lower is better</small>}
                </th>
                {evaluations.map(({ arm }, at) => (
                  <td key={arm}>
                    <EstimateText of={found[at] ?? null} measure={measure} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {classes.length > 0 && (
        <>
          <h3>Found, by class, weakest first</h3>
          <ul className={styles.recalls}>
            {classes.slice(0, 20).map(([name, recall]) => (
              <li key={name}>
                <ClassChip name={name} />
                <span className={styles.range} aria-hidden="true">
                  <span
                    style={{ left: `${100 * recall.low}%`, right: `${100 * (1 - recall.high)}%` }}
                  />
                  <i style={{ left: `${100 * recall.value}%` }} />
                </span>
                <Tooltip label={`95 % interval ${percent(recall.low)} to ${percent(recall.high)}`}>
                  <span className={styles.recall}>
                    {percent(recall.value, 0)} <small>of {count(recall.count)}</small>
                  </span>
                </Tooltip>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
