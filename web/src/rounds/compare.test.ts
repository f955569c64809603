/** The comparison's address, its sentence, and which two models come first. */
import { describe, expect, it } from "vitest";
import type { ComparedModel, Comparison, Measure, Paired, Reliability } from "../api/types";
import { readCompareSearch } from "./compareSearch";
import {
  calibrationSentence,
  chanceWords,
  compareSentence,
  gapText,
  isCalibrated,
  usual,
  verdict,
} from "./compareWords";

const measure = (value: number, low: number, high: number, better = "higher"): Measure => ({
  value,
  low,
  high,
  count: 290,
  better: better as Measure["better"],
});
const pair = (value: number, low: number, high: number, better?: string): Paired => ({
  first: measure(0.7, 0.6, 0.8, better),
  second: measure(0.7 + value, 0.6, 0.8, better),
  difference: measure(value, low, high, better),
});
const model = (name: string, id = `model-${name}`): ComparedModel => ({
  name,
  title: /^\d+$/.test(name) ? `Round ${name}` : name,
  model_id: id,
  arm: "active",
  round: null,
  labels: 40,
  created_at: "2026-11-01T00:00:00Z",
});
const comparison = (headline: Paired, part: Partial<Comparison> = {}): Comparison => ({
  first: model("1"),
  second: model("3"),
  count: 290,
  headline: "accuracy",
  measures: { accuracy: headline },
  classes: [],
  slices: [],
  lost: 14,
  gained: 21,
  chance: 0.31,
  galleries: [],
  ...part,
});

describe("a comparison", () => {
  it("says which model is better only where the interval leaves out zero", () => {
    expect(compareSentence(comparison(pair(0.031, 0.008, 0.054)))).toBe(
      "Round 3 is better than round 1: +3.1 points of accuracy (+0.8 to +5.4), on the same 290 audit assets.",
    );
    expect(compareSentence(comparison(pair(-0.031, -0.05, -0.01)))).toContain("worse than");
    expect(compareSentence(comparison(pair(0.01, -0.02, 0.04)))).toMatch(/^No sure difference/);
    const same = comparison(pair(0, -0.01, 0.01), {
      first: model("1", "x"),
      second: model("3", "x"),
    });
    expect(compareSentence(same)).toContain("the same model");
  });

  it("knows that less is better of a loss", () => {
    expect(verdict(pair(-0.2, -0.3, -0.1, "lower"))).toBe(1);
    expect(verdict(pair(0.2, 0.1, 0.3, "lower"))).toBe(-1);
    expect(gapText("log_loss", -0.234)).toBe("−0.23");
    expect(gapText("accuracy", 0.234)).toBe("+23.4");
  });

  it("tells how far turns are chance", () => {
    const found = comparison(pair(0.01, -0.02, 0.04));
    expect(chanceWords(found)).toContain("21 assets newly right, 14 newly wrong");
    expect(chanceWords({ ...found, chance: null })).toBeNull();
    expect(chanceWords({ ...found, lost: 0, gained: 0 })).toBe("No asset turned.");
  });

  it("begins with the newest round and the one before, or its random labels", () => {
    const names = ["10", "10-control", "9", "9-control"].map((name) => model(name));
    expect(usual(names)).toEqual({ first: "9", second: "10" });
    expect(usual(names.slice(0, 2))).toEqual({ first: "10-control", second: "10" });
    expect(usual([])).toBeNull();
  });

  it("reads its address and leaves out nonsense", () => {
    expect(
      readCompareSearch({ first: 3, second: "3-control", gallery: "most_wrong", confidence: 0.8 }),
    ).toEqual({ first: "3", second: "3-control", gallery: "most_wrong", confidence: 0.8 });
    expect(readCompareSearch({ gallery: "best", confidence: 2, overlap: 1 })).toEqual({});
  });
});

describe("calibration", () => {
  const point = { claimed: 0.8, right: measure(0.8, 0.7, 0.9) };
  const diagram = (method: string, calibrated = [point]): Reliability => ({
    count: 290,
    method,
    claimed: [point],
    calibrated,
    claimed_error: measure(0.02, 0, 0.08),
    calibrated_error: calibrated.length ? measure(0.02, 0, 0.08) : null,
  });

  it("is drawn only where it helps, and it is said where it does not", () => {
    expect(isCalibrated(diagram("isotonic"))).toBe(true);
    expect(isCalibrated(diagram("none"))).toBe(false);
    expect(calibrationSentence(diagram("none"))).toContain("Calibration helps nothing here");
    expect(isCalibrated(diagram("none", []))).toBe(false);
    expect(calibrationSentence(diagram("none", []))).toContain("Too few to calibrate by");
  });
});
