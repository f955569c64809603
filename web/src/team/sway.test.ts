/** The words that a measured sway is told in. */
import { describe, expect, it } from "vitest";
import { placeOf, spanOf, verdictOf } from "./sway";

const said = (value: number, low: number, high: number) =>
  verdictOf({ difference: { value, low, high, count: 50 } });

describe("verdictOf", () => {
  it("says that people follow only where the whole interval is above zero", () => {
    expect(said(0.08, 0.03, 0.13)?.tone).toBe("follow");
    expect(said(0.08, 0.03, 0.13)?.text).toContain("about 8 of 100");
    expect(said(0.08, -0.01, 0.17)?.tone).toBe("unclear");
    expect(said(-0.1, -0.2, -0.02)?.tone).toBe("against");
  });

  it("says how little it can be where the interval is narrow", () => {
    expect(said(0.01, -0.03, 0.04)).toEqual({
      tone: "little",
      text: "Suggestions sway nobody much: whatever the effect, it is at most 4 in 100 answers.",
    });
  });

  it("says nothing before both sides have answers", () => {
    expect(verdictOf({ difference: null })).toBeNull();
  });
});

describe("the line of the interval", () => {
  it("is as long as it needs to be, with zero in the middle", () => {
    expect(spanOf({ low: -0.02, high: 0.15 })).toBe(0.2);
    expect(spanOf({ low: -0.7, high: 0.1 })).toBe(1);
    expect(placeOf(0, 0.2)).toBe(50);
    expect(placeOf(0.1, 0.2)).toBe(75);
    expect(placeOf(-3, 1)).toBe(0);
  });
});
