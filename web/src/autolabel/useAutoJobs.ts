/** The jobs of auto-labels: starting them, following them, and what the last ones brought. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { isActive } from "../api/jobList";
import { jobsQuery } from "../api/queries";
import type { Job } from "../api/types";
import { remember, showFailure } from "../jobs/useRoundJobs";
import { acceptProposal, askChecks, auditSets, propose, rollBack, setsQuery } from "./queries";

const KINDS = new Set(["auto_propose", "auto_ask", "auto_accept"]);

export type AutoJobs = {
  running: Job | null;
  /** One that was started on this page and failed. */
  failed: Job | null;
  /** The newest proposal that was worked out by anybody. */
  newest: string | undefined;
  /** When checks were asked last. */
  askedAt: string | undefined;
};

/** What the jobs say; `mine` is the one that was started here. */
export function useAutoJobs(mine: string | null): AutoJobs {
  const jobs = (useQuery(jobsQuery).data ?? []).filter((job) => KINDS.has(job.kind));
  const done = (kind: string) => jobs.find((job) => job.kind === kind && job.state === "done");
  return {
    running: jobs.find(isActive) ?? null,
    failed: jobs.find((job) => job.id === mine && job.state === "failed") ?? null,
    newest: idOf(done("auto_propose")),
    askedAt: done("auto_ask")?.finished_at ?? undefined,
  };
}

/** Calls `show` with the proposal once the job that was started here has worked it out. */
export function useFollow(mine: string | null, show: (proposal: string) => void): void {
  const jobs = useQuery(jobsQuery).data;
  const [shown, setShown] = useState<string | null>(null);
  useEffect(() => {
    const job = jobs?.find(({ id }) => id === mine);
    const proposal = job?.kind === "auto_propose" ? idOf(job) : undefined;
    if (!proposal || job?.id === shown) return;
    setShown(job?.id ?? null);
    show(proposal);
  }, [jobs, mine, shown, show]);
}

/** Everything that this page can ask for; jobs report their id to `began`. */
export function useAutoActions(began: (job: string) => void) {
  const client = useQueryClient();
  const onJob = {
    onSuccess: (job: Job) => {
      remember(client, job);
      began(job.id);
    },
    onError: showFailure,
  };
  const onSets = {
    onSuccess: () => {
      for (const key of [setsQuery.queryKey[0], "home", "facets", "assets"])
        void client.invalidateQueries({ queryKey: [key] });
    },
    onError: showFailure,
  };
  return {
    propose: useMutation({ mutationFn: propose, ...onJob }),
    ask: useMutation({ mutationFn: askChecks, ...onJob }),
    accept: useMutation({ mutationFn: acceptProposal, ...onJob }),
    audit: useMutation({ mutationFn: auditSets, ...onSets }),
    rollBack: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason: string }) => rollBack(id, reason),
      ...onSets,
    }),
  };
}

export type AutoActions = ReturnType<typeof useAutoActions>;

function idOf(job: Job | undefined): string | undefined {
  const id = job?.result?.id;
  return typeof id === "string" ? id : undefined;
}
