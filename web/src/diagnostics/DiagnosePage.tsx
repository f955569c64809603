/** Diagnose: what does the model get wrong, why, and which batch mends it? */
import { Button, Skeleton } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconStethoscope } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { projectQuery, roundsQuery, sessionQuery } from "../api/queries";
import { type Finding, isOneClass, mayBrowse, type NamedFinding, type Round } from "../api/types";
import { AssetDrawer } from "../catalog/AssetDrawer";
import { Underway } from "../jobs/Underway";
import { estimate, plural } from "../parts/format";
import { measureName } from "../parts/measures";
import { Empty, ErrorNotice, NotYours } from "../parts/Notices";
import { ConfusionCard } from "./ConfusionCard";
import type { DiagnoseSearch } from "./diagnoseSearch";
import styles from "./diagnostics.module.css";
import { byGain, gainText, mendWords } from "./evidence";
import { Evidence, FindingCard } from "./FindingCard";
import { Gallery } from "./Gallery";
import { LessonsCard } from "./LessonsCard";
import { findingsQuery } from "./queries";
import { SlicesCard } from "./SlicesCard";
import { useDiagnoseKeys } from "./useDiagnoseKeys";

export type ChangeDiagnose = (
  part: { [K in keyof DiagnoseSearch]?: DiagnoseSearch[K] | undefined },
) => void;

export function DiagnosePage() {
  const me = useQuery(sessionQuery).data;
  if (!me) return null;
  if (!mayBrowse(me)) return <NotYours page="Diagnose" needed="reviewer" role={me.role} />;
  return <Diagnose />;
}

function Diagnose() {
  const search = useSearch({ from: "/diagnose" });
  const navigate = useNavigate({ from: "/diagnose" });
  const project = useQuery(projectQuery).data;
  const told = useQuery(findingsQuery(search.round));
  const rounds = useQuery(roundsQuery);
  const change = useCallback<ChangeDiagnose>(
    (part) =>
      void navigate({
        search: (old) => ({ ...old, ...part }) as DiagnoseSearch,
        replace: "asset" in part,
        resetScroll: false,
      }),
    [navigate],
  );
  useDiagnoseKeys(search, change);
  const error = told.error ?? rounds.error;
  if (error && !(told.data && rounds.data))
    return (
      <div className={styles.page}>
        <ErrorNotice error={error} />
      </div>
    );
  if (!told.data || !rounds.data || !project)
    return (
      <div className={styles.page}>
        <Skeleton height={28} width={420} mb={24} />
        <Skeleton height={320} radius="lg" />
      </div>
    );
  const round = rounds.data.find(({ number }) => number === told.data.round);
  const oneClass = isOneClass(project);
  // Without a figure there may still be lessons, from labels that the control drew.
  if (!round?.model_id)
    return <NothingYet asked={search.round !== undefined ? told.data.round : null} />;
  return (
    <div className={styles.frame}>
      <div className={styles.scroll}>
        <div className={styles.page}>
          <Pager round={round.number} rounds={rounds.data} />
          <h1 className={styles.sentence}>{sentence(round, told.data.findings)}</h1>
          {(round.evaluations ?? []).length === 0 && <p>{round.advice?.sentence}</p>}
          <Underway />
          <Reports findings={told.data.findings} />
          <Findings findings={byGain(told.data.findings)} rounds={rounds.data} search={search} />
          {oneClass && <ConfusionCard search={search} change={change} />}
          {(project.task === "boxes" || project.task === "spans") && (
            <p className={styles.hint}>
              <Link
                to="/rounds/compare"
                search={{ second: String(round.number) }}
                className={styles.link}
              >
                What it finds by class and confidence
              </Link>
              {project.task === "boxes" &&
                ": boxes matched, missed, taken for another class, and said where nothing is"}
            </p>
          )}
          <SlicesCard round={search.round} />
          {oneClass && <LessonsCard round={search.round} />}
        </div>
      </div>
      <AssetDrawer
        id={search.asset ?? null}
        change={(part) => "asset" in part && change({ asset: part.asset })}
      />
    </div>
  );
}

/** Where the model stands and what to mend first, in one sentence. */
function sentence(round: Round, findings: NamedFinding[]): string {
  const active = (round.evaluations ?? []).find(({ arm }) => arm === "active");
  const measure = active?.headline ?? "accuracy";
  const head = active
    ? `Round ${round.number}: ${estimate(active.accuracy)} ${measure === "accuracy" ? "right" : measureName(measure)}.`
    : `Round ${round.number}: not measured.`;
  if (!active && findings.length === 0) return head;
  const [first, ...others] = byGain(findings);
  if (!first)
    return `${head} Nothing stands out; with more audit labels finer causes would be seen.`;
  const gain = gainText(first.finding);
  const worth = gain ? `, worth up to ${gain}` : "";
  const mend = `mend ${mendWords(first.finding.kind)}`;
  return others.length === 0
    ? `${head} One thing stands out: ${mend}${worth}.`
    : `${head} ${plural(others.length + 1, "thing")} stand out; ${mend} first${worth}.`;
}

function Pager({ round, rounds }: { round: number; rounds: readonly Round[] }) {
  const numbers = rounds
    .filter(({ step, evaluations }) => step === "done" && (evaluations ?? []).length > 0)
    .map(({ number }) => number);
  const before = numbers.filter((number) => number < round).at(-1);
  const after = numbers.find((number) => number > round);
  return (
    <nav className={styles.pager} aria-label="Rounds">
      <Link to="/rounds/$number" params={{ number: String(round) }}>
        Round {round}
      </Link>
      {before !== undefined && (
        <Link to="/diagnose" search={{ round: before }}>
          <IconChevronLeft size={14} aria-hidden="true" /> Diagnosis of round {before}
        </Link>
      )}
      {after !== undefined && (
        <Link to="/diagnose" search={{ round: after }}>
          Diagnosis of round {after} <IconChevronRight size={14} aria-hidden="true" />
        </Link>
      )}
    </nav>
  );
}

/** What the remedy of two rounds ago did. */
function Reports({ findings }: { findings: NamedFinding[] }) {
  const reports = findings.filter(({ finding }) => finding.kind === "remedy");
  if (reports.length === 0) return null;
  return (
    <section className={styles.reports} aria-labelledby="reports">
      <h2 id="reports">What the remedy did</h2>
      <ul className={styles.findings}>
        {reports.map(({ id, finding }) => (
          <li key={id} className={styles.card}>
            <h3>{finding.title}</h3>
            <div className={styles.evidence}>
              <Evidence finding={finding} />
              <Gallery ids={finding.asset_ids ?? []} />
            </div>
            <div className={styles.remedy}>
              <p>{finding.remedy}</p>
              <Mended finding={finding} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The way to the finding that a report speaks of. */
function Mended({ finding: { evidence } }: { finding: Finding }) {
  const name = String(evidence.finding);
  const round = Number(name.split(".")[0]);
  if (!Number.isInteger(round)) return null;
  return (
    <Link to="/diagnose" search={{ round }} className={styles.link}>
      See finding {name}
    </Link>
  );
}

type FindingsProps = {
  findings: NamedFinding[];
  rounds: readonly Round[];
  search: DiagnoseSearch;
};

function Findings({ findings, rounds, search }: FindingsProps) {
  if (findings.length === 0) return null;
  const drawn = new Set(rounds.map(({ plan }) => plan?.remedy));
  const first = findings.find(({ id, finding }) => finding.batch && !drawn.has(id))?.id;
  return (
    <section aria-labelledby="findings">
      <h2 id="findings" className={styles.heading}>
        Findings, most to gain first
      </h2>
      <ol className={styles.findings}>
        {findings.map((named) => (
          <FindingCard
            key={named.id}
            named={named}
            rounds={rounds}
            main={named.id === first && search.truth === undefined}
          />
        ))}
      </ol>
    </section>
  );
}

function NothingYet({ asked }: { asked: number | null }) {
  return (
    <Empty
      title={asked === null ? "Nothing to diagnose yet" : `Round ${asked} has no diagnosis`}
      icon={<IconStethoscope size={24} />}
      action={
        asked === null ? (
          <Button component={Link} to="/" variant="default">
            Go to Home
          </Button>
        ) : (
          <Button component={Link} to="/diagnose" variant="default">
            Open the newest diagnosis
          </Button>
        )
      }
    >
      When a round's labels are in, a model is trained and measured, and what it gets wrong stands
      here with the batch that mends it.
    </Empty>
  );
}
