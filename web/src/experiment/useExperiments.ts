/** Running an experiment: starting its job, following it, and showing what it brought. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { isActive } from "../api/jobList";
import { jobsQuery } from "../api/queries";
import type { Experiment, Job } from "../api/types";
import { remember, showFailure } from "../jobs/useRoundJobs";
import { experimentsQuery, runExperiment } from "./queries";

export type ExperimentRun = {
  running: Job | null;
  /** One that was started on this page and failed. */
  failed: Job | null;
  start: (source: Experiment["source"] | undefined) => void;
  starting: boolean;
};

/** Calls `show` with the experiment once the job that was started here has run it. */
export function useExperimentRun(show: (id: string) => void): ExperimentRun {
  const client = useQueryClient();
  const jobs = useQuery(jobsQuery).data ?? [];
  const own = jobs.filter((job) => job.kind === "experiment");
  const [mine, setMine] = useState<string | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const job = own.find(({ id }) => id === mine);
  const found = job?.state === "done" ? job.result?.id : undefined;
  useEffect(() => {
    if (typeof found !== "string" || mine === shown) return;
    setShown(mine);
    void client.invalidateQueries({ queryKey: experimentsQuery.queryKey });
    show(found);
  }, [found, mine, shown, show, client]);
  const run = useMutation({
    mutationFn: runExperiment,
    onSuccess: (started) => {
      remember(client, started);
      setMine(started.id);
    },
    onError: showFailure,
  });
  return {
    running: own.find(isActive) ?? null,
    failed: job?.state === "failed" ? job : null,
    start: run.mutate,
    starting: run.isPending,
  };
}
