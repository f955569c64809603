/** Jobs as they come in by answers and by events. */
import { describe, expect, it } from "vitest";
import { ends, mergeAnswer, mergeJob } from "./jobList";
import type { Job } from "./types";

const job = (id: string, state: Job["state"], done = 0): Job => ({
  id,
  kind: "train",
  params: {},
  state,
  done,
  total: 10,
  message: "",
  cancel_requested: false,
  result: null,
  error: null,
  worker: null,
  heartbeat: null,
  created_at: "2026-01-01T00:00:00Z",
  started_at: null,
  finished_at: null,
});

describe("mergeJob", () => {
  it("puts a new job first and replaces a known one in place", () => {
    const jobs = mergeJob([job("a", "running")], job("b", "queued"));
    expect(jobs.map((entry) => entry.id)).toEqual(["b", "a"]);
    expect(mergeJob(jobs, job("a", "running", 5)).map((entry) => entry.done)).toEqual([0, 5]);
  });

  it("does not reopen a job that has ended", () => {
    const jobs = mergeJob([job("a", "done", 10)], job("a", "running", 3));
    expect(jobs[0]?.state).toBe("done");
  });
});

describe("mergeAnswer", () => {
  it("keeps an end and a new job that an event told before the answer came", () => {
    const late = { ...job("b", "queued"), created_at: "2026-01-02T00:00:00Z" };
    const merged = mergeAnswer([late, job("a", "done", 10)], [job("a", "running", 3)]);
    expect(merged.map(({ id, state }) => [id, state])).toEqual([
      ["b", "queued"],
      ["a", "done"],
    ]);
  });

  it("takes what it did not know from the answer, and forgets what is gone", () => {
    const old = { ...job("old", "done"), created_at: "2025-01-01T00:00:00Z" };
    const merged = mergeAnswer([old, job("a", "running", 3)], [job("a", "running", 5)]);
    expect(merged.map(({ id, done }) => [id, done])).toEqual([["a", 5]]);
  });
});

describe("ends", () => {
  it("is told once of each job, and not of jobs that nobody followed", () => {
    expect(ends([job("a", "running")], job("a", "done"))).toBe(true);
    expect(ends([job("a", "running")], job("a", "running", 5))).toBe(false);
    expect(ends([job("a", "done")], job("a", "done"))).toBe(false);
    expect(ends([], job("a", "failed"))).toBe(false);
  });
});
