/** Starting rounds and following their jobs to the end. */
import { notifications } from "@mantine/notifications";
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { answerWithOracle, finishRound, type NextRound, startRound } from "../api/actions";
import { ApiError } from "../api/client";
import { isActive, mergeJob } from "../api/jobList";
import { homeQuery, jobsQuery, roundsQuery } from "../api/queries";
import type { Job } from "../api/types";
import { words } from "../parts/format";

const ROUND_KINDS = new Set(["next_round", "finish_round", "oracle_round", "oracle", "train"]);

/** The job that works on the rounds now, if any. */
export function useRoundJob(): Job | null {
  const jobs = useQuery(jobsQuery).data ?? [];
  return jobs.find((job) => ROUND_KINDS.has(job.kind) && isActive(job)) ?? null;
}

/** What a kind of job is called. */
export function jobTitle(kind: string): string {
  const titles: Record<string, string> = {
    add: "Adding assets",
    embed: "Computing embeddings",
    next_round: "Choosing the next batch",
    finish_round: "Training and measuring",
    train: "Training",
    oracle_round: "Known labels answer",
    oracle: "Known labels answer",
    doubt: "Training what tells doubt",
    experiment: "Comparing with random labels",
    send_batch: "Sending a batch",
    collect_answers: "Collecting answers",
    auto_propose: "Working out auto-labels",
    auto_ask: "Choosing checks",
    auto_accept: "Labelling what is sure",
    zero_shot: "Guessing classes",
    import_predictions: "Bringing in predictions",
    import_embeddings: "Bringing in vectors",
  };
  return titles[kind] ?? words(kind);
}

export function jobProblem(job: Job): { message: string; remedy: string } {
  return {
    message: job.error?.message ?? "The job failed.",
    remedy: job.error?.remedy ?? "Its log says more.",
  };
}

export function showFailure(failure: unknown): void {
  const message = failure instanceof Error ? failure.message : "Something went wrong.";
  const remedy = failure instanceof ApiError ? failure.remedy : "";
  notifications.show({ color: "red", title: message, message: remedy });
}

/** Put a job that was just started into the tray. */
export function remember(client: QueryClient, job: Job): void {
  client.setQueryData(jobsQuery.queryKey, (jobs) => mergeJob(jobs ?? [], job));
}

const batches = new Set<string>();

/** The newest round that any page knew: a batch asked for after it must not end a newer one. */
function newestSeen(client: QueryClient): number | undefined {
  const rounds = client.getQueryData(homeQuery.queryKey)?.rounds;
  const known = rounds ?? client.getQueryData(roundsQuery.queryKey);
  return known === undefined ? undefined : Math.max(0, ...known.map((it) => it.number));
}

/** Draw the next batch; once it is there, Label opens (see `useBatchFollower`). */
export function useStartRound() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wishes: NextRound | undefined) =>
      startRound({ ...wishes, after: newestSeen(client) }),
    onSuccess: (job) => {
      batches.add(job.id);
      remember(client, job);
    },
    onError: showFailure,
  });
}

export function useFinishRound() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => finishRound(),
    onSuccess: (job) => remember(client, job),
    onError: showFailure,
  });
}

export function useOracle() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (rounds: number) => answerWithOracle(rounds),
    onSuccess: (job) => remember(client, job),
    onError: showFailure,
  });
}

/** Lives in the frame, so that it outlasts the button: opens Label when an asked-for batch is ready. */
export function useBatchFollower(): void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const jobs = useQuery(jobsQuery).data;

  useEffect(() => {
    for (const job of jobs ?? []) {
      if (isActive(job) || !batches.delete(job.id)) continue;
      void client.invalidateQueries({ queryKey: homeQuery.queryKey });
      if (job.state === "done") void navigate({ to: "/label" });
      if (job.state !== "failed") continue;
      const problem = jobProblem(job);
      notifications.show({ color: "red", title: problem.message, message: problem.remedy });
    }
  }, [jobs, client, navigate]);
}
