/** What happens when nothing is left to label: training runs, then the next batch is one key away. */
import { Button, Skeleton } from "@mantine/core";
import { IconArrowRight, IconChecks, IconTag } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { homeQuery, sessionQuery } from "../api/queries";
import { type Home, mayManage, type ProjectInfo } from "../api/types";
import { JobProgress } from "../jobs/JobRow";
import { jobTitle, useFinishRound, useRoundJob, useStartRound } from "../jobs/useRoundJobs";
import { count, estimate, plural, points, unbroken } from "../parts/format";
import { measureInWords } from "../parts/measures";
import { Empty } from "../parts/Notices";
import styles from "./label.module.css";
import type { Session } from "./session";
import { underwayWords } from "./underway";

type Props = { state: Session; reload: () => void; project: ProjectInfo };

export function BatchEnd({ state, reload, project }: Props) {
  const home = useQuery(homeQuery).data;
  const job = useRoundJob();
  const open = home?.open_tasks ?? 0;

  useEffect(() => {
    if (!state.loaded || open === 0 || job) return;
    reload();
    const timer = window.setInterval(reload, 5_000);
    return () => window.clearInterval(timer);
  }, [state.loaded, open, job, reload]);

  if (!state.loaded || !home) return <Skeleton height="70%" width="70%" radius="lg" />;
  // A fast hand has outrun a slow line: what is left is this person's, and on its way.
  if (state.remaining > 0)
    return (
      <Empty title="The next ones are on their way" icon={<IconTag size={24} />}>
        {plural(state.remaining, "task is", "tasks are")} left for you; the connection is slow.
      </Empty>
    );
  if (job)
    return (
      <Empty title={jobTitle(job.kind)} icon={<IconChecks size={24} />}>
        <p>{underwayWords(job.kind, home.budget.labels.spent, project.learns)}</p>
        <div className={styles.endProgress}>
          <JobProgress job={job} />
        </div>
      </Empty>
    );
  return <NextBatch home={home} explanation={state.explanation} project={project} />;
}

type NextProps = { home: Home; explanation: string; project: ProjectInfo };

/** Focus for a button whenever nothing else has it: what had it may vanish after the button came. */
function useFocusWhenFree() {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) button.current?.focus();
  });
  return button;
}

function NextBatch({ home, explanation, project }: NextProps) {
  const finish = useFinishRound();
  const me = useQuery(sessionQuery).data;
  const manages = mayManage(me);
  const owns = me?.role === "owner";
  const waiting = home.rounds.find(
    (round) => round.number === home.current_round && round.step !== "done",
  );
  const last = home.rounds.find(
    (round) => round.step === "done" && round.number === lastDone(home),
  );
  if (home.open_tasks > 0)
    return (
      <Empty title="Others hold the rest of this batch" icon={<IconTag size={24} />}>
        {explanation || "Tasks come back here when their reservation runs out."}
      </Empty>
    );
  if (waiting)
    return (
      <Empty
        title={`All of round ${waiting.number} is labelled`}
        icon={<IconChecks size={24} />}
        action={
          manages && (
            <Button
              size="md"
              data-autofocus
              loading={finish.isPending}
              onClick={() => finish.mutate()}
            >
              {project.learns ? "Train and measure" : "Close the round"}
            </Button>
          )
        }
      >
        {project.learns ? "Training begins" : "The round closes"} by itself; if it was stopped,{" "}
        {manages ? "start it here." : "a manager of the project starts it again."}
      </Empty>
    );
  if (project.asset_count === 0)
    return (
      <Empty
        title="There is nothing to label yet"
        icon={<IconTag size={24} />}
        action={
          owns && (
            <Button size="md" component={Link} to="/" autoFocus>
              Add assets
            </Button>
          )
        }
      >
        The project has no assets. Once{" "}
        {owns ? "a folder or file is added" : "an owner of the project adds some"}, Querist chooses
        what to begin with.
      </Empty>
    );
  return (
    <Empty
      title={last ? `Round ${last.number} is done` : "Nothing is waiting for a label"}
      icon={last ? <IconChecks size={24} /> : <IconTag size={24} />}
      action={
        <>
          {manages && home.next_batch_size > 0 && <NextButton size={home.next_batch_size} />}
          <Button size="md" variant="default" component={Link} to="/">
            See the curve
          </Button>
        </>
      }
    >
      {last?.accuracy ? (
        <Result home={home} />
      ) : (
        manages && home.next_batch_size > 0 && (project.learns ? CHOOSES : COVERS)
      )}
      {home.next_batch_size === 0 ? <p>{ALL_ANSWERED}</p> : !manages && <p>{DRAWN_BY_OTHERS}</p>}
    </Empty>
  );
}

function NextButton({ size }: { size: number }) {
  const button = useFocusWhenFree();
  const start = useStartRound();
  return (
    <Button
      ref={button}
      size="md"
      autoFocus
      loading={start.isPending}
      rightSection={<IconArrowRight size={18} />}
      onClick={() => start.mutate(undefined)}
    >
      Label the next {count(size)}
    </Button>
  );
}

const CHOOSES = "Ask for a batch, and Querist chooses what is worth a label.";
const COVERS =
  "Ask for a batch. No model learns from labels of this kind yet, so Querist draws assets that are " +
  "unlike those that have a label.";
const ALL_ANSWERED = "Every asset is labelled or skipped: none is left to ask about.";
const DRAWN_BY_OTHERS = "A manager of the project draws the next batch; it then comes up here.";

function Result({ home }: { home: Home }) {
  const [before, last] =
    home.curve.active.slice(-2).length === 2
      ? home.curve.active.slice(-2)
      : [undefined, home.curve.active.at(-1)];
  if (!last) return null;
  const change = before && `${points(last.accuracy.value - before.accuracy.value)} points`;
  // The advice says how often the model is right too.
  if (home.advice)
    return (
      <p>
        {change && `${change} since the round before. `}
        {unbroken(home.advice.sentence)}
      </p>
    );
  return (
    <p>
      {home.curve.measure === "accuracy"
        ? `The model is right in ${estimate(last.accuracy)} of the audit set`
        : `On the audit set the model reaches a ${measureInWords(home.curve.measure)} of ${estimate(last.accuracy)}`}
      {change && ` (${change})`}.
    </p>
  );
}

function lastDone(home: Home): number {
  return Math.max(
    ...home.rounds.filter((round) => round.step === "done").map((round) => round.number),
  );
}
