/** Jobs as they come in by events. */
import { describe, expect, it } from "vitest";
import { mergeJob } from "./events";
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
