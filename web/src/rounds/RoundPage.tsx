/** One round: its plan, what it chose and why, how the models did, what was found, what is advised. */
import { Skeleton } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { homeQuery, projectQuery, roundQuery, roundsQuery, sessionQuery } from "../api/queries";
import type { Finding, Round, RoundPlan } from "../api/types";
import { estimate, percent, plural, stepName, unbroken, words } from "../parts/format";
import { measureInWords } from "../parts/measures";
import { ErrorNotice, RoundsVeiled } from "../parts/Notices";
import { CompareLink } from "./CompareLink";
import { EvaluationTable } from "./EvaluationTable";
import styles from "./rounds.module.css";
import { SelectedGallery } from "./SelectedGallery";

export function RoundPage() {
  const { number } = useParams({ from: "/rounds/$number" });
  const isVeiled = useQuery(sessionQuery).data?.veiled === true;
  const { data, error } = useQuery({ ...roundQuery(Number(number)), enabled: !isVeiled });
  const project = useQuery(projectQuery).data;
  if (isVeiled) return <RoundsVeiled />;
  if (error && !data)
    return (
      <div className={styles.page}>
        <ErrorNotice error={error} />
      </div>
    );
  if (!data || !project)
    return (
      <div className={styles.page}>
        <Skeleton height={28} width={360} mb={24} />
        <Skeleton height={320} radius="lg" />
      </div>
    );
  const { round, selected } = data;
  return (
    <div className={styles.page}>
      <Pager number={round.number} />
      <header className={styles.head}>
        <h1 className={styles.title}>{sentence(round)}</h1>
        <Comparing round={round} />
      </header>
      <div className={styles.columns}>
        <div className={styles.main}>
          <SelectedGallery selected={selected} media={project.media} round={round.number} />
        </div>
        <div className={styles.side}>
          {round.advice && (
            <section className={styles.card} aria-labelledby="round-advice">
              {/* Its models may have been measured again since, on audit labels as they are now. */}
              <h2 id="round-advice">
                Advice when it ended: {round.advice.stop ? "stop" : "go on"}
              </h2>
              <p>{unbroken(round.advice.sentence)}</p>
              <ul className={styles.reasons}>
                {round.advice.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </section>
          )}
          <EvaluationTable evaluations={round.evaluations} />
          <Findings findings={round.findings} />
          {round.plan && <Plan plan={round.plan} />}
        </div>
      </div>
    </div>
  );
}

function sentence(round: Round): string {
  const active = round.evaluations.find((evaluation) => evaluation.arm === "active");
  const control = round.evaluations.find((evaluation) => evaluation.arm === "control");
  const head = `Round ${round.number}`;
  if (!active) return `${head}: ${stepName(round.step)}.`;
  const against = control
    ? ` Random: ${percent(control.accuracy.value)} with ${control.labels}.`
    : "";
  const measure = active.headline ?? "accuracy";
  const named = measure === "accuracy" ? "" : `${measureInWords(measure)} `;
  return `${head}: ${named}${estimate(active.accuracy)} with ${plural(active.labels, "label")}.${against}`;
}

/** The way to this round beside the one before, or beside its random labels. */
function Comparing({ round }: { round: Round }) {
  const rounds = useQuery(roundsQuery).data;
  const before = rounds?.findLast(
    ({ number, model_id }) => number < round.number && model_id !== null,
  )?.number;
  const first = before ?? (round.control_model_id ? `${round.number}-control` : null);
  const search = useMemo(
    () => ({ first: String(first), second: String(round.number) }),
    [first, round.number],
  );
  if (!round.model_id || first === null) return null;
  return (
    <CompareLink search={search}>
      {before === undefined ? "Compare with random" : `Compare with round ${before}`}
    </CompareLink>
  );
}

function Pager({ number }: { number: number }) {
  const last = useQuery(homeQuery).data?.rounds.length ?? number;
  return (
    <nav className={styles.pager} aria-label="Rounds">
      <Link to="/rounds">All rounds</Link>
      {number > 1 && (
        <Link to="/rounds/$number" params={{ number: String(number - 1) }}>
          <IconChevronLeft size={14} aria-hidden="true" /> Round {number - 1}
        </Link>
      )}
      {number < last && (
        <Link to="/rounds/$number" params={{ number: String(number + 1) }}>
          Round {number + 1} <IconChevronRight size={14} aria-hidden="true" />
        </Link>
      )}
    </nav>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="findings">
      <h2 id="findings">Findings</h2>
      <ul className={styles.findings}>
        {findings.map((finding) => (
          <li key={`${finding.kind}-${finding.title}`}>
            <strong>{finding.title}</strong>
            <p>{finding.remedy}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Plan({ plan }: { plan: RoundPlan }) {
  const leaving = (plan.audit_retired?.length ?? 0) + (plan.audit_released?.length ?? 0);
  const left: [string, number][] = leaving ? [["Left the audit set", leaving]] : [];
  const rows: [string, string | number][] = [
    ["Strategy", plan.strategy],
    ["Active batch, at most", plan.batch_size],
    ["Random control", plan.control_size],
    ["New audit assets", plan.audit_size],
    ...left,
    ["Assets", plan.asset_count],
    ["Candidates", plan.candidate_count ?? "not counted"],
    ["Embeddings", plan.encoder],
    ["Model", plan.model_id ?? "none yet"],
    ["Seed", plan.seed],
    ["Querist", plan.querist || "an earlier version"],
  ];
  for (const [name, value] of Object.entries(plan.parameters))
    rows.push([words(name), String(value)]);
  return (
    <section className={styles.card} aria-labelledby="plan">
      <h2 id="plan">Plan</h2>
      <p className={styles.hint}>
        With these the same version of Querist chooses the same assets again.
      </p>
      <dl className={styles.facts}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={String(value)}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
