import { describe, expect, it } from "vitest";
import type { SlicePoint, SliceReport } from "../api/types";
import { courseOf, pointOf, verdictWords } from "./slices";

const of = (value: number, low: number, high: number) => ({ value, low, high, count: 30 });

const point = (round: number, part: Partial<SlicePoint> = {}): SlicePoint => ({
  round,
  accuracy: of(0.4, 0.25, 0.57),
  rest: of(0.8, 0.7, 0.87),
  difference: of(-0.4, -0.56, -0.2),
  p_value: 0.001,
  verdict: "worse",
  searched: false,
  ...part,
});

const report: SliceReport = {
  slice: {
    name: "night",
    query: {},
    finding: null,
    created_by: "ana",
    created_at: "2026-11-26T06:00:00Z",
  },
  rule: "light is dark",
  assets: 131,
  measure: "accuracy",
  course: [point(1, { accuracy: null }), point(2), point(4)],
  problem: null,
};

describe("a saved slice", () => {
  it("stands as in the round that is looked at, or as in the newest", () => {
    expect(pointOf(report, undefined)?.round).toBe(4);
    expect(pointOf(report, 2)?.round).toBe(2);
    expect(pointOf(report, 3)).toBeNull();
  });

  it("has a course with gaps where nothing was measured", () => {
    expect(courseOf(report)).toEqual([null, 0.4, 0.4]);
  });

  it("says the difference with its interval, and where it was searched for", () => {
    expect(verdictWords(point(1))).toBe("−40.0 points (−56.0 to −20.0)");
    expect(verdictWords(point(1, { searched: true }))).toContain("found on these labels");
    const unsure = point(1, { verdict: "no sure difference", difference: of(0.02, -0.1, 0.14) });
    expect(verdictWords(unsure)).toBe("No sure difference: +2.0 (−10.0 to +14.0)");
  });

  it("concludes nothing from too few", () => {
    const few = point(1, { verdict: "too few", p_value: null });
    expect(verdictWords(few)).toBe("Too few audit labels to compare");
  });
});
