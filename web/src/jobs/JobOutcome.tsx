/** Below a form that starts a job: its refusal, its progress, its problem, or what it brought. */
import { IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { isActive } from "../api/jobList";
import type { Job } from "../api/types";
import { ErrorNotice, Notice } from "../parts/Notices";
import { JobProgress } from "./JobRow";
import styles from "./jobs.module.css";
import type { OneJob } from "./useOneJob";
import { jobProblem } from "./useRoundJobs";

type Props<T> = {
  of: OneJob<T>;
  /** What a finished job is called, where its own last word says too little. */
  title?: string;
  /** What is to be done with what it brought. */
  children?: (job: Job) => ReactNode;
};

export function JobOutcome<T>({ of: { start, job }, title, children }: Props<T>) {
  return (
    <div aria-live="polite">
      {start.error ? (
        <ErrorNotice error={start.error} />
      ) : job === null || start.isPending ? null : isActive(job) ? (
        <JobProgress job={job} />
      ) : job.state === "failed" ? (
        <Notice {...jobProblem(job)} />
      ) : job.state === "cancelled" ? (
        <p className={styles.note}>It was cancelled; nothing has changed.</p>
      ) : (
        <div className={styles.brought}>
          <IconCircleCheck size={18} aria-hidden="true" />
          <div>
            <strong>{title ?? (job.message || "Done")}</strong>
            {children?.(job)}
          </div>
        </div>
      )}
    </div>
  );
}
