/** Suspect labels: what is shown, what comes next, what a key is about. */
import { describe, expect, it } from "vitest";
import type { Suspect } from "../api/types";
import { aboutOf, narrowed, nextOpen, type Outcome, pairsOf } from "./suspects";

const suspect = (id: string, given: string, suggested: string, annotator = "ana") =>
  ({ asset_id: id, given, suggested, annotator }) as Suspect;
const kept: Outcome = { verb: "kept", name: null, submissionId: "s", own: false };
const all = [
  suspect("a", "boot", "shirt"),
  suspect("b", "boot", "shirt", "ben"),
  suspect("c", "bag", "boot"),
  suspect("d", "boot", "bag"),
];

describe("suspects", () => {
  it("are narrowed by who gave what and what models say instead", () => {
    expect(narrowed(all, { label: "boot", suggested: "shirt" }).map((it) => it.asset_id)).toEqual([
      "a",
      "b",
    ]);
    expect(narrowed(all, { annotator: "ben" })).toHaveLength(1);
  });

  it("are counted in pairs while nobody has decided", () => {
    expect(pairsOf(all, new Map())).toEqual([{ given: "boot", suggested: "shirt", number: 2 }]);
    expect(pairsOf(all, new Map([["a", kept]]))).toEqual([]);
  });

  it("go on after what is decided, round the end, and stay where all is", () => {
    expect(nextOpen(all, new Map([["b", kept]]), 0)).toBe(2);
    expect(nextOpen(all, new Map(), 3)).toBe(0);
    const done = new Map(all.map((one) => [one.asset_id, kept]));
    expect(nextOpen(all, done, 1)).toBe(1);
    expect(nextOpen([], new Map(), 0)).toBe(0);
  });

  it("a key is about those that are chosen and shown, else about the one in focus", () => {
    expect(aboutOf(new Set(["c", "x"]), all[0] ?? null, all)).toEqual([all[2]]);
    expect(aboutOf(new Set(), all[1] ?? null, all)).toEqual([all[1]]);
    expect(aboutOf(new Set(), null, all)).toEqual([]);
  });
});
