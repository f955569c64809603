/** Measures: their names, and which of them are shares. */
import { describe, expect, it } from "vitest";
import { atLeast, measureInWords, measureName, measureText } from "./measures";

describe("measures", () => {
  it("have names that people know, those without one read as words", () => {
    expect(measureName("map50")).toBe("mAP50");
    expect(measureName("micro_precision")).toBe("Micro precision");
  });

  it("keep the capitals that are part of a name inside a sentence", () => {
    expect(measureInWords("micro_f1")).toBe("micro F1");
    expect(measureInWords("f1")).toBe("F1");
    expect(measureInWords("r2")).toBe("R²");
    expect(measureInWords("map50")).toBe("mAP50");
  });

  it("are shares, but for errors in the unit of the labels", () => {
    expect(measureText("micro_f1", 0.613)).toMatch(/^61\.3.%$/);
    expect(measureText("rmse", 12.345)).toBe("12.3");
    expect(measureText("rmse", 12_345)).toBe("12,300");
    expect(measureText("brier", 0.4)).toBe("0.400");
  });
});

describe("a saving", () => {
  it("is at least so much where the active arm was as good from its first point on", () => {
    const points = [{ labels: 40 }, { labels: 10 }];
    const told = (active_labels: number, control_labels: number) =>
      atLeast({ active_labels, control_labels }, points, points);
    expect(told(10, 40)).toBe("at least ");
    expect(told(20, 40)).toBe("");
    expect(told(40, 10)).toBe("at most ");
    expect(atLeast(null, points, points)).toBe("");
  });
});
