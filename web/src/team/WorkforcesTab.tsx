/** Workforces outside: what is out with whom, what it cost, how long it took, how good it is. */
import { Skeleton } from "@mantine/core";
import { IconBuildingCommunity } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { isActive } from "../api/jobList";
import { homeQuery, jobsQuery, sessionQuery } from "../api/queries";
import type { Job, ProjectInfo } from "../api/types";
import { Empty, ErrorNotice } from "../parts/Notices";
import { NewWorkforceForm } from "./NewWorkforceForm";
import styles from "./team.module.css";
import { WorkforceCard } from "./WorkforceCard";
import { workforcesQuery } from "./workforceQueries";

const KINDS = new Set(["send_batch", "collect_answers"]);

export function WorkforcesTab({ project }: { project: ProjectInfo }) {
  const reports = useQuery(workforcesQuery);
  const me = useQuery(sessionQuery).data;
  const home = useQuery(homeQuery).data;
  const jobs = useWorkforceJobs();
  if (reports.error && !reports.data) return <ErrorNotice error={reports.error} />;
  if (!reports.data || !home) return <Skeleton height={320} radius="lg" />;
  const owns = me?.role === "owner";
  const known = [...reports.data].sort(
    (a, b) => Number(b.workforce.active) - Number(a.workforce.active),
  );
  return (
    <div className={styles.columns}>
      <div className={styles.stack}>
        {known.length === 0 && (
          <section className={styles.card} aria-label="Workforces">
            <Empty title="Everybody labels here" icon={<IconBuildingCommunity size={24} />}>
              A batch can also go to people who label with a tool of their own: a vendor, a
              marketplace, a Label Studio server. Their answers come back as labels of whoever gave
              them, with what they cost.
              {!owns && " An owner adds a workforce."}
            </Empty>
          </section>
        )}
        {known.map((report) => (
          <WorkforceCard
            key={report.workforce.name}
            report={report}
            project={project}
            waiting={home.open_tasks}
            currency={home.currency}
            owns={owns}
            job={jobs.find(({ params }) => params.workforce === report.workforce.name) ?? null}
          />
        ))}
      </div>
      {owns ? (
        <NewWorkforceForm currency={home.currency} />
      ) : (
        <section className={styles.card} aria-label="Add a workforce">
          <p className={styles.hint}>An owner adds workforces and retires them.</p>
        </section>
      )}
    </div>
  );
}

/** Sending and collecting, the newest first; what they bring is read once they have ended. */
function useWorkforceJobs(): Job[] {
  const client = useQueryClient();
  const jobs = (useQuery(jobsQuery).data ?? []).filter(({ kind }) => KINDS.has(kind));
  const ended = jobs.filter((job) => !isActive(job)).length;
  const before = useRef(ended);
  useEffect(() => {
    if (before.current === ended) return;
    before.current = ended;
    for (const key of ["workforces", "home", "people", "reports", "agreement"])
      void client.invalidateQueries({ queryKey: [key] });
  }, [ended, client]);
  return jobs;
}
