/** The work under way; or that the next batch ends the round that is open. */
import { useQuery } from "@tanstack/react-query";
import { homeQuery } from "../api/queries";
import { plural } from "../parts/format";
import { JobProgress } from "./JobRow";
import styles from "./jobs.module.css";
import { useRoundJob } from "./useRoundJobs";

/** Stands on every page that offers a next batch from what it shows, below its first line. */
export function Underway() {
  const job = useRoundJob();
  const home = useQuery(homeQuery).data;
  if (job)
    return (
      <div className={styles.underway}>
        <JobProgress job={job} />
      </div>
    );
  if (!home || home.round_tasks === 0) return null;
  return (
    <p className={styles.openRound}>
      Round {home.current_round} still waits for {plural(home.round_tasks, "label")}; a new batch
      ends it with the labels it has.
    </p>
  );
}
