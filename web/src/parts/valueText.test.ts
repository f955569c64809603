/** What models say: only what they are sure of is drawn, and the rest is counted apart. */
import { describe, expect, it } from "vitest";
import { saidText, sureOf } from "./valueText";

const span = (confidence: number | null) => ({
  name: "town",
  span: { start: 0, end: 2 },
  confidence,
});
const value = { type: "spans" as const, spans: [span(0.4), span(0.7), span(null)] };

describe("what a model says", () => {
  it("keeps what it is sure of, and what has no confidence", () => {
    expect(sureOf(value, 0.5)).toEqual({ ...value, spans: [span(0.7), span(null)] });
  });

  it("is counted without what it rather doubts", () => {
    expect(saidText(value)).toMatch(/^2 spans, and 1 less sure than 50.%$/);
    expect(saidText({ ...value, spans: [span(0.9)] })).toBe("1 span");
    expect(saidText({ type: "class", name: "boot" })).toBe("boot");
  });
});
