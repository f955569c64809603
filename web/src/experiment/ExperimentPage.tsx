/** Experiment: what choosing the assets was worth, beside as many random labels, class by class. */
import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { IconFlask2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useState } from "react";
import { homeQuery, projectQuery, sessionQuery } from "../api/queries";
import { type Experiment, type Me, mayBrowse, mayManage, type ProjectInfo } from "../api/types";
import { useAutoKeys } from "../autolabel/useAutoKeys";
import { JobProgress } from "../jobs/JobRow";
import { jobProblem, jobTitle } from "../jobs/useRoundJobs";
import { fetched } from "../parts/fetched";
import { ago, plural, unbroken } from "../parts/format";
import { Key } from "../parts/Key";
import { Empty, ErrorNotice, Notice, NotYours } from "../parts/Notices";
import { BoostCard } from "./BoostCard";
import { ClassCard } from "./ClassCard";
import styles from "./experiment.module.css";
import { experimentsQuery } from "./queries";
import { type ExperimentRun, useExperimentRun } from "./useExperiments";
import { WholeCard } from "./WholeCard";

const SizeCard = lazy(() => fetched(import("./SizeCard")));

export function ExperimentPage() {
  const me = useQuery(sessionQuery).data;
  const project = useQuery(projectQuery).data;
  if (!me || !project) return null;
  if (!mayBrowse(me)) return <NotYours page="Experiment" needed="reviewer" role={me.role} />;
  if (!project.learns)
    return (
      <Empty title="There is no model to compare" icon={<IconFlask2 size={24} />}>
        No model learns from labels of this kind yet. They are kept, and can be exported to train
        elsewhere.
      </Empty>
    );
  return <Experiments me={me} project={project} />;
}

function Experiments({ me, project }: { me: Me; project: ProjectInfo }) {
  const { id } = useSearch({ from: "/experiment" });
  const navigate = useNavigate({ from: "/experiment" });
  const show = useCallback(
    (next: string) => void navigate({ search: { id: next }, resetScroll: false }),
    [navigate],
  );
  const kept = useQuery(experimentsQuery);
  const rounds = useQuery(homeQuery).data?.curve.active;
  // What is not known yet does not stand in the way.
  const trained = project.oracle || rounds === undefined || rounds.length > 0;
  const run = useExperimentRun(show);
  const repeats = project.oracle && project.task === "classification";
  const byClass = project.task === "regression" ? "" : ", class by class";
  const [repeated, setRepeated] = useState(repeats);
  const start = () => run.start(repeated ? "repeated" : "arms");
  useAutoKeys({ e: mayManage(me) && trained && !run.running ? start : undefined });
  const all = kept.data ?? [];
  const shown = all.find((one) => one.id === id) ?? all[0];
  const action = mayManage(me) ? (
    <Action
      run={run}
      start={start}
      source={
        repeats && (
          <SegmentedControl
            size="xs"
            value={repeated ? "repeated" : "arms"}
            onChange={(value) => setRepeated(value === "repeated")}
            data={[
              { value: "arms", label: "This project's labels" },
              { value: "repeated", label: "Repeat 8 times" },
            ]}
            aria-label="What is compared"
          />
        )
      }
    />
  ) : (
    <Button component={Link} to="/" variant="default">
      Go to Home
    </Button>
  );
  const trouble = (
    <>
      {kept.error && <ErrorNotice error={kept.error} />}
      {run.failed && <Notice {...jobProblem(run.failed)} />}
    </>
  );
  if (kept.isPending) return <Waiting />;
  if (!shown && !trained)
    return (
      <Empty
        title="There is no choice to judge yet"
        icon={<IconFlask2 size={24} />}
        action={
          <Button component={Link} to="/">
            Go to Home
          </Button>
        }
      >
        Once a round is labelled, its labels stand here beside as many random ones{byClass}.
      </Empty>
    );
  if (!shown)
    return (
      <Empty
        title="What was it worth to choose?"
        icon={<IconFlask2 size={24} />}
        action={
          <div className={styles.start}>
            {action}
            {trouble}
          </div>
        }
      >
        The experiment trains the project's learner on the labels that were chosen and on as many
        random ones, and measures both on the audit set{byClass}.
      </Empty>
    );
  return (
    <div className={styles.page}>
      <header className={styles.lead}>
        <h1 className={styles.sentence}>{unbroken(shown.sentence)}</h1>
        {action}
      </header>
      <div className={styles.notice}>{trouble}</div>
      <div className={styles.columns}>
        <div className={styles.main}>
          <Suspense fallback={<Skeleton height={400} radius="lg" />}>
            <SizeCard experiment={shown} />
          </Suspense>
          {shown.result.classes.length > 0 && <ClassCard experiment={shown} />}
        </div>
        <aside className={styles.side} aria-label="Boost, all classes and provenance">
          <BoostCard experiment={shown} />
          <WholeCard experiment={shown} />
          <History all={all} shown={shown} show={show} />
        </aside>
      </div>
    </div>
  );
}

type ActionProps = { run: ExperimentRun; start: () => void; source: React.ReactNode };

function Action({ run, start, source }: ActionProps) {
  if (run.running)
    return (
      <div className={styles.step} aria-live="polite">
        <strong>{jobTitle(run.running.kind)}</strong>
        <JobProgress job={run.running} />
      </div>
    );
  return (
    <div className={styles.step}>
      <Button
        size="md"
        leftSection={<IconFlask2 size={18} />}
        rightSection={<Key of="E" />}
        loading={run.starting}
        onClick={start}
      >
        Run the experiment
      </Button>
      {source}
    </div>
  );
}

type HistoryProps = { all: Experiment[]; shown: Experiment; show: (id: string) => void };

function History({ all, shown, show }: HistoryProps) {
  return (
    <section className={styles.card} aria-labelledby="experiments">
      <h2 id="experiments">Experiments</h2>
      <p className={styles.hint}>
        The name is a digest of labels, settings and seeds: run again they give the same figures.
      </p>
      <ul className={styles.history}>
        {all.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              aria-current={one.id === shown.id || undefined}
              onClick={() => show(one.id)}
            >
              <code>{one.id}</code>
              <small>
                {one.source === "arms" ? "this project's labels" : `${one.seeds.length} times`},{" "}
                {plural(one.result.size, "label")}, {ago(one.created_at)}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Waiting() {
  return (
    <div className={styles.page} aria-hidden="true">
      <div className={styles.lead}>
        <Skeleton height={28} width="80%" />
      </div>
      <Skeleton height={400} radius="lg" />
    </div>
  );
}
