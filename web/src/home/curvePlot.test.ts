/** What the learning curve is drawn from. */
import { describe, expect, it } from "vitest";
import type { CurvePoint } from "../api/types";
import { availableAxes, curveRows, nudges, rangeOf } from "./curvePlot";

const point = (round: number, labels: number, seconds: number | null): CurvePoint => ({
  round,
  labels,
  seconds,
  money: null,
  accuracy: { value: 0.5, low: 0.4, high: 0.6, count: 50 },
});

describe("curve", () => {
  it("offers an axis only when every point has it", () => {
    const full = { active: [point(1, 10, 60)], control: [] };
    expect(availableAxes(full)).toEqual(["labels", "seconds"]);
    expect(availableAxes({ ...full, control: [point(1, 5, null)] })).toEqual(["labels"]);
    expect(availableAxes({ active: [], control: [] })).toEqual(["labels"]);
  });

  it("counts time in hours", () => {
    const rows = curveRows({ active: [point(1, 10, 1_800)], control: [] }, "seconds");
    expect(rows.map((row) => row.x)).toEqual([0.5]);
  });

  it("begins at zero where all points are one", () => {
    expect(rangeOf([12])).toEqual([0, 24]);
    expect(rangeOf([0, 0])).toEqual([0, 2]);
    expect(rangeOf([12, 24])).toBeUndefined();
  });

  it("pushes two labels at the same height apart, and leaves distant ones alone", () => {
    expect(nudges(0.9, 0.9, 1_000)).toEqual([-9, 9]);
    expect(nudges(0.9, 0.5, 1_000)).toEqual([-0, 0]);
    expect(nudges(0.9, null, 1_000)).toEqual([0, 0]);
  });
});
