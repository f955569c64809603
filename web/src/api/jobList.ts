/** The list of jobs, made of answers and of events that overtake them. */
import type { Job } from "./types";

/** Put `job` into a list of jobs, newest first; a late report never reopens one that ended. */
export function mergeJob(jobs: readonly Job[], job: Job): Job[] {
  const known = jobs.find((other) => other.id === job.id);
  if (known && !isActive(known) && isActive(job)) return [...jobs];
  if (known) return jobs.map((other) => (other.id === job.id ? job : other));
  return [job, ...jobs];
}

/** An answer with what events told while it was on its way: it may be older than they are. */
export function mergeAnswer(known: readonly Job[], answer: readonly Job[]): Job[] {
  const before = new Map(known.map((job) => [job.id, job]));
  const merged = answer.map((job) => {
    const other = before.get(job.id);
    return other && !isActive(other) ? other : job;
  });
  const newest = answer[0]?.created_at ?? "";
  const told = new Set(answer.map(({ id }) => id));
  const later = known.filter((job) => !told.has(job.id) && job.created_at > newest);
  return [...later, ...merged];
}

/** Whether `job` tells the end of one that was thought to run; ends of before are told again. */
export function ends(known: readonly Job[], job: Job): boolean {
  return !isActive(job) && known.some((other) => other.id === job.id && isActive(other));
}

export function isActive(job: Job): boolean {
  return job.state === "queued" || job.state === "running";
}
