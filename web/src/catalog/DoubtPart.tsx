/** Why the newest model is unsure of an asset: what is in the data, and what it has not learned. */
import { Button, Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { prepareDoubt } from "../api/actions";
import { doubtQuery, doubtStateQuery } from "../api/queries";
import type { Doubt, Job } from "../api/types";
import { JobProgress } from "../jobs/JobRow";
import { useOneJob } from "../jobs/useOneJob";
import { jobProblem, showFailure } from "../jobs/useRoundJobs";
import { ErrorNotice } from "../parts/Notices";
import styles from "./catalog.module.css";
import { doubtWords } from "./doubt";

type Props = { id: string; model: string; classes: number };

/** It is told when it is asked for, and then of each asset that is opened. */
export function DoubtPart(props: Props) {
  const [asked, setAsked] = useState(false);
  return (
    <section className={styles.part} aria-labelledby="doubt" data-testid="doubt">
      <h3 id="doubt">Why it is unsure</h3>
      {asked ? (
        <Asked {...props} />
      ) : (
        <Button size="compact-sm" variant="default" onClick={() => setAsked(true)}>
          Ask its models
        </Button>
      )}
    </section>
  );
}

function Asked({ id, model, classes }: Props) {
  const state = useQuery(doubtStateQuery(model));
  const ready = state.data?.ready ?? false;
  const doubt = useQuery({ ...doubtQuery(id, model), enabled: ready });
  const { start, job, busy } = useOneJob("doubt", prepareDoubt);
  useRefetch(busy);
  const error = state.error ?? doubt.error;
  if (error) return <ErrorNotice error={error} />;
  if (state.data?.problem) return <p className={styles.quiet}>{state.data.problem}</p>;
  if (state.data && !ready)
    return (
      <Untrained
        job={job}
        busy={busy}
        train={() => start.mutate(undefined, { onError: showFailure })}
      />
    );
  if (!doubt.data) return <Skeleton height={48} radius="sm" />;
  return <Parts doubt={doubt.data} classes={classes} />;
}

/** Asks again once the job has ended, by whomever it was started. */
function useRefetch(busy: boolean): void {
  const client = useQueryClient();
  const was = useRef(busy);
  useEffect(() => {
    if (was.current && !busy) void client.invalidateQueries({ queryKey: ["doubt"] });
    was.current = busy;
  }, [busy, client]);
}

type UntrainedProps = { job: Job | null; busy: boolean; train: () => void };

function Untrained({ job, busy, train }: UntrainedProps) {
  if (busy && job) return <JobProgress job={job} />;
  const problem = job?.state === "failed" ? jobProblem(job) : null;
  return (
    <>
      <p className={styles.quiet}>
        {problem
          ? `${problem.message} ${problem.remedy}`
          : "Where models of other draws of the labels contradict each other, it has not learned enough. They are trained once for each model."}
      </p>
      <Button size="compact-sm" variant="default" mt={8} loading={busy} onClick={train}>
        Train them
      </Button>
    </>
  );
}

function Parts({ doubt, classes }: { doubt: Doubt; classes: number }) {
  const most = Math.log(Math.max(classes, 2));
  const rows = [
    { name: "In the data", value: doubt.aleatoric, colour: "var(--q-warn)" },
    { name: "In the model", value: doubt.epistemic, colour: "var(--q-accent)" },
  ];
  return (
    <>
      <p className={styles.told}>{doubtWords(doubt, classes)}</p>
      <ul className={styles.bars2}>
        {rows.map(({ name, value, colour }) => (
          <li key={name}>
            <span className={styles.barName}>{name}</span>
            <span className={styles.barTrack}>
              <span style={{ width: `${(100 * value) / most}%`, background: colour }} />
            </span>
            <span className={styles.barShare}>{value.toFixed(2)}</span>
          </li>
        ))}
      </ul>
      <p className={styles.quiet}>
        By {doubt.drawn} models, in nats of at most {most.toFixed(2)}
      </p>
    </>
  );
}
