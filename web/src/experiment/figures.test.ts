/** What gains say, and where they are drawn. */
import { describe, expect, it } from "vitest";
import type { Measure } from "../api/types";
import {
  byGain,
  classJudge,
  ends,
  gainWords,
  labelsUntil,
  placeOn,
  reachOf,
  verdict,
  wholeFigures,
} from "./figures";

const gain = (value: number, low: number, high: number): Measure => ({
  value,
  low,
  high,
  count: 100,
  better: "higher",
});
const figures = (f1: Measure | null) => ({ precision: null, recall: null, f1, accuracy: null });
const row = (name: string, f1: Measure | null) => ({
  name,
  count: 10,
  active: figures(f1),
  control: figures(f1),
  gain: figures(f1),
});

describe("verdict", () => {
  it("claims nothing that the interval does not", () => {
    expect(verdict(gain(0.05, -0.01, 0.11))).toBe("open");
    expect(verdict(gain(0.05, 0.01, 0.11))).toBe("gain");
    expect(verdict(gain(-0.05, -0.1, -0.01))).toBe("loss");
    expect(verdict(null)).toBe("open");
  });
});

describe("labels until a quality", () => {
  it("are told as at most so many where the first point had it", () => {
    const curve = [50, 100].map((labels) => ({ labels, accuracy: gain(0.8, 0.7, 0.9) }));
    expect(labelsUntil(50, curve)).toBe("at most 50");
    expect(labelsUntil(50.4, curve)).toBe("50");
  });
});

describe("words", () => {
  it("tell points with their interval, and shares by their ends", () => {
    expect(gainWords(gain(0.042, -0.01, 0.091))).toBe("+4.2, interval −1.0 to +9.1 points");
    expect(ends(gain(0.8, 0.676, 0.927))).toBe("68 to 93");
    expect(ends(null)).toBe("");
  });
});

describe("figures", () => {
  it("are led by what the task is judged by, but single classes as ever", () => {
    const names = (measure: string) => wholeFigures(measure).map(([, name]) => name);
    expect(names("accuracy")).toEqual(["Precision", "Recall", "F1", "Accuracy"]);
    expect(names("map50")).toEqual(["mAP50", "Macro precision", "Macro recall", "Macro F1"]);
    expect(names("r2")).toEqual(["R²"]);
    expect(classJudge("map50")).toEqual(["accuracy", "AP50"]);
    expect(classJudge("micro_f1")).toEqual(["f1", "F1"]);
  });
});

describe("scale", () => {
  it("is the same for all classes and holds every end", () => {
    const reach = reachOf([gain(0.1, 0, 0.2), null, gain(0, -0.3, 0.1)]);
    expect(reach).toBe(0.3);
    expect(placeOn(0, reach)).toBe(0.5);
    expect(placeOn(-0.3, reach)).toBe(0);
    expect(reachOf([])).toBe(0.05);
  });

  it("puts the largest gain first and what is not defined last", () => {
    const rows = [row("a", null), row("b", gain(0.1, 0, 0.2)), row("c", gain(0.2, 0, 0.3))];
    expect(byGain(rows, "f1").map(({ name }) => name)).toEqual(["c", "b", "a"]);
  });
});
