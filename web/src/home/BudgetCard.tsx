/** What was spent, and of how much: labels, working time, money. */
import { Progress } from "@mantine/core";
import type { BudgetLine, Home, ProjectInfo } from "../api/types";
import { count, duration, inMoney, money, percent } from "../parts/format";
import styles from "./home.module.css";

export function BudgetCard({ home, project }: { home: Home; project: ProjectInfo }) {
  const { labels, seconds, money: cost } = home.budget;
  return (
    <section className={styles.card} aria-labelledby="budget-title">
      <h2 id="budget-title">Spent so far</h2>
      <Line name="Labels" line={labels} show={count} />
      <p className={styles.hint}>Without those undone; second opinions count.</p>
      <Line name="Working time" line={seconds} show={duration} />
      {(cost.limit !== null || cost.spent > 0) && (
        <Line name="Money" line={cost} show={(amount) => money(amount, home.currency)} />
      )}
      <Machine home={home} />
      <dl className={styles.facts}>
        <Fact name="Assets" value={count(project.asset_count)} />
        <Fact name="Strategy" value={project.strategy} />
        <Fact name="Learner" value={project.learner} />
        <Fact name="Encoder" value={project.encoder} />
      </dl>
    </section>
  );
}

/** What the machine was used for, beside one training on all assets. */
function Machine({ home }: { home: Home }) {
  const { rounds, seconds, money: cost, full_seconds: full, full_money: fullCost } = home.compute;
  if (seconds < 1) return null;
  const of = (kind: "train" | "predict" | "select" | "advise") =>
    duration(rounds.reduce((sum, round) => sum + round[kind], 0));
  return (
    <div className={styles.meter}>
      <div className={styles.meterHead}>
        <span>Machine</span>
        <span>{told(seconds, cost, home.currency)}</span>
      </div>
      <p className={styles.hint}>
        Training {of("train")}, predicting {of("predict")}, choosing {of("select")}, advice{" "}
        {of("advise")}.
        {full !== null &&
          ` One training on all assets: about ${told(full, fullCost, home.currency)}.`}
      </p>
    </div>
  );
}

function told(seconds: number, cost: number | null, currency: string | null): string {
  return duration(seconds) + (cost === null ? "" : `, ${inMoney(cost, currency)}`);
}

type LineProps = { name: string; line: BudgetLine; show: (value: number) => string };

function Line({ name, line, show }: LineProps) {
  const share = line.limit ? line.spent / line.limit : null;
  return (
    <div className={styles.meter}>
      <div className={styles.meterHead}>
        <span>{name}</span>
        <span>
          {show(line.spent)}
          {line.limit !== null && <> of {show(line.limit)}</>}
        </span>
      </div>
      {share !== null && (
        <Progress
          value={Math.min(100, 100 * share)}
          color={share >= 1 ? "red" : "iris"}
          size={6}
          transitionDuration={120}
          aria-label={`${name}: ${percent(share, 0)} of the budget spent`}
        />
      )}
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={value}>{value}</dd>
    </div>
  );
}
