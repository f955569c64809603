/** What the last import could not bring in, and why: told where it was asked for. */
import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isActive } from "../api/jobList";
import { jobsQuery, sessionQuery } from "../api/queries";
import { type Job, mayManage } from "../api/types";
import { jobProblem } from "../jobs/useRoundJobs";
import { plural } from "../parts/format";
import { Notice } from "../parts/Notices";
import styles from "./home.module.css";
import { importOf, importWords, type Problem } from "./imported";

/** More than anybody reads; the log of the job and the command line tell the others. */
const LISTED = 200;
const READ = "querist-import-read";

function useLastImport(): Job | null {
  const job = (useQuery(jobsQuery).data ?? []).find(({ kind }) => kind === "add");
  return job && !isActive(job) ? job : null;
}

/** On the page with the form, where nothing has been brought in yet. */
export function ImportOutcome() {
  const job = useLastImport();
  if (job === null) return null;
  const brought = importOf(job);
  if (job.state !== "failed" && brought === null) return null;
  return (
    <div className={styles.beside}>
      {brought === null ? (
        <Notice {...jobProblem(job)} />
      ) : (
        <div className={styles.imported} role="status">
          <strong>{importWords(brought)}</strong>
          <LeftOut problems={brought.problems} />
        </div>
      )}
    </div>
  );
}

/** On Home, until it is read: an import that brought all there was says nothing. */
export function ImportNews() {
  const job = useLastImport();
  const manages = mayManage(useQuery(sessionQuery).data);
  const [read, setRead] = useState(() => localStorage.getItem(READ));
  if (job === null || !manages || job.id === read) return null;
  const brought = importOf(job);
  if (job.state !== "failed" && (brought === null || brought.problems.length === 0)) return null;
  return (
    <section className={styles.imported} aria-label="The last import">
      <div className={styles.importedHead}>
        <strong>{brought === null ? jobProblem(job).message : importWords(brought)}</strong>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label="I have read it"
          onClick={() => {
            localStorage.setItem(READ, job.id);
            setRead(job.id);
          }}
        >
          <IconX size={16} />
        </ActionIcon>
      </div>
      {brought === null ? <p>{jobProblem(job).remedy}</p> : <LeftOut problems={brought.problems} />}
    </section>
  );
}

function LeftOut({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return null;
  const more = problems.length - LISTED;
  return (
    <details>
      <summary>What was left out</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long list must scroll by keyboard */}
      <ul tabIndex={0} aria-label="What was left out">
        {problems.slice(0, LISTED).map(({ name, message }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one file may be named twice
          <li key={at}>
            <strong>{name}</strong> {message}
          </li>
        ))}
        {more > 0 && <li>{plural(more, "more is", "more are")} not listed here.</li>}
      </ul>
    </details>
  );
}
