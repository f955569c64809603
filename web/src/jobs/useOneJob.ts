/** A form that starts one kind of job: what it said at once, and the job to its end. */
import {
  type UseMutationResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useState } from "react";
import { isActive } from "../api/jobList";
import { jobsQuery } from "../api/queries";
import type { Job } from "../api/types";
import { remember } from "./useRoundJobs";

export type OneJob<T> = {
  start: UseMutationResult<Job, Error, T>;
  /** The one that runs, by whom ever it was started, or else the last that was started here. */
  job: Job | null;
  busy: boolean;
};

export function useOneJob<T>(kind: string, ask: (body: T) => Promise<Job>): OneJob<T> {
  const client = useQueryClient();
  const [mine, setMine] = useState<string | null>(null);
  const jobs = (useQuery(jobsQuery).data ?? []).filter((job) => job.kind === kind);
  const start = useMutation({
    mutationFn: ask,
    // What the one before brought, or broke, is no answer to this one; nor if it is called off.
    onMutate: () => setMine(null),
    onSuccess: (job) => {
      remember(client, job);
      setMine(job.id);
    },
  });
  const running = jobs.find(isActive) ?? null;
  return {
    start,
    job: running ?? jobs.find(({ id }) => id === mine) ?? null,
    busy: start.isPending || running !== null,
  };
}
