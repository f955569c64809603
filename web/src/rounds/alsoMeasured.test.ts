/** What a round measured beside its headline. */
import { describe, expect, it } from "vitest";
import type { Evaluation, Measure } from "../api/types";
import { alsoMeasured } from "./alsoMeasured";

function measured(value: number, better: Measure["better"] = "higher"): Measure {
  return { value, low: value - 0.1, high: value + 0.1, count: 80, better };
}

function evaluation(measures: Record<string, Measure>): Evaluation {
  return { arm: "active", accuracy: measured(0.8), measures } as unknown as Evaluation;
}

describe("what is also measured", () => {
  it("is told of single classes too, with its interval and which direction is better", () => {
    const active = { macro_f1: measured(0.788), log_loss: measured(0.9, "lower") };
    expect(alsoMeasured([evaluation(active)], "accuracy")).toEqual([
      { measure: "macro_f1", better: "higher", found: [active.macro_f1] },
      { measure: "log_loss", better: "lower", found: [active.log_loss] },
    ]);
  });

  it("leaves out the headline, and says where an arm has no measure", () => {
    const active = { map50: measured(0.6), map: measured(0.4) };
    expect(alsoMeasured([evaluation(active), evaluation({})], "map50")).toEqual([
      { measure: "map", better: "higher", found: [active.map, null] },
    ]);
  });
});
