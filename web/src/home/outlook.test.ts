import { describe, expect, it } from "vitest";
import type { Home } from "../api/types";
import { aheadRows } from "./outlook";

const accuracy = { value: 0.8, low: 0.75, high: 0.85, count: 200 };

function home(labels: number, mores: number[]): Pick<Home, "advice" | "curve"> {
  const outlook = mores.map((more) => ({
    labels: 100 + more,
    more,
    value: 0.82,
    low: 0.78,
    high: 0.86,
    gain: 0.02,
    gain_low: -0.01,
    gain_high: 0.05,
  }));
  return {
    advice: { outlook } as unknown as Home["advice"],
    curve: {
      active: [{ round: 4, labels, accuracy, seconds: null, money: null }],
      control: [],
      left_out: 0,
      measure: "accuracy",
    },
  };
}

describe("aheadRows", () => {
  it("starts at the last measured round and keeps the past legible", () => {
    expect(aheadRows(home(100, [25, 50, 100, 200])).map((row) => row.x)).toEqual([100, 125, 150]);
  });

  it("always shows the next batch", () => {
    expect(aheadRows(home(100, [90])).map((row) => row.x)).toEqual([100, 190]);
  });

  it("says nothing where the advice is older than the curve, or there is none", () => {
    expect(aheadRows(home(150, [25]))).toEqual([]);
    expect(aheadRows({ ...home(100, [25]), advice: null })).toEqual([]);
  });
});
