/** One job in the tray. */
import { Button, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { cancelJob } from "../api/actions";
import { isActive } from "../api/jobList";
import { jobLogQuery } from "../api/queries";
import type { Job } from "../api/types";
import { ago, count, duration, timeLeft } from "../parts/format";
import styles from "./jobs.module.css";
import { jobProblem, jobTitle, showFailure } from "./useRoundJobs";

export function JobRow({ job }: { job: Job }) {
  const [log, setLog] = useState(false);
  const active = isActive(job);
  return (
    <li className={styles.row} data-state={job.state}>
      <div className={styles.head}>
        <strong>{jobTitle(job.kind)}</strong>
        <span className={styles.when}>{standing(job)}</span>
      </div>
      {active && <JobProgress job={job} />}
      {job.state === "failed" && (
        <p className={styles.problem}>
          {jobProblem(job).message} {jobProblem(job).remedy}
        </p>
      )}
      {!active && job.state === "done" && job.message && (
        <p className={styles.note}>{job.message}</p>
      )}
      <div className={styles.buttons}>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          aria-expanded={log}
          onClick={() => setLog(!log)}
        >
          {log ? "Hide log" : "Log"}
        </Button>
        {active && (
          <Button
            variant="subtle"
            color="red"
            size="compact-xs"
            disabled={job.cancel_requested}
            onClick={() => cancelJob(job.id).catch(showFailure)}
          >
            {job.cancel_requested ? "Stopping…" : "Cancel"}
          </Button>
        )}
      </div>
      {log && <JobLog id={job.id} live={active} />}
    </li>
  );
}

/** Progress with its words; also used on Home and Label. */
export function JobProgress({ job }: { job: Job }) {
  const elapsed = job.started_at ? (Date.now() - Date.parse(job.started_at)) / 1000 : 0;
  const left = timeLeft(job.done, job.total, elapsed);
  const share = job.total ? (100 * job.done) / job.total : null;
  const parts = [
    job.message || (job.state === "queued" ? "Waiting for its turn" : "Working"),
    job.total ? `${count(job.done)} of ${count(job.total)}` : null,
    left === null ? null : `about ${duration(left)} left`,
  ];
  return (
    <div className={styles.progress}>
      <Progress
        value={share ?? 100}
        animated={share === null}
        size={6}
        transitionDuration={120}
        aria-label={jobTitle(job.kind)}
      />
      <p className={styles.note}>{parts.filter(Boolean).join(" · ")}</p>
    </div>
  );
}

function standing(job: Job): string {
  if (job.state === "running") return "running";
  if (job.state === "queued") return "waiting";
  const when = job.finished_at ? ago(job.finished_at) : "";
  return `${job.state} ${when}`.trim();
}

function JobLog({ id, live }: { id: string; live: boolean }) {
  const lines = useQuery(jobLogQuery(id, live)).data?.lines;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long log must scroll by keyboard
    <pre className={styles.log} tabIndex={0}>
      {lines === undefined ? "…" : lines.join("\n") || "The log is empty."}
    </pre>
  );
}
