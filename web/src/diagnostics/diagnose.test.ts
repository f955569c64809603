/** A finding's chart, its afterlife, and the way through a confusion matrix. */
import { describe, expect, it } from "vitest";
import type { ConfusionCell, Finding, NamedFinding, Round } from "../api/types";
import { readDiagnoseSearch } from "./diagnoseSearch";
import {
  afterwards,
  basis,
  byGain,
  everySecond,
  gainText,
  galleryWords,
  sharesOf,
} from "./evidence";
import { barsOf, batchName, lineOf, movedWords, perHundred } from "./lessons";
import { matrixOf, nextCell, placeOf, worstCell } from "./matrix";

const cell = (truth: string, predicted: string, count: number): ConfusionCell => ({
  truth,
  predicted,
  count,
  asset_ids: [],
});
const finding = (id: string, kind: string, severity: number): NamedFinding => ({
  id,
  finding: {
    kind,
    severity,
    title: kind,
    evidence: { finding: "1.1" },
    remedy: "",
    asset_ids: [],
    members: [],
    batch: null,
  },
});

describe("findings", () => {
  it("come by expected gain, without the reports on earlier remedies", () => {
    const told = [finding("3.1", "remedy", 9), finding("3.2", "slice", 1), finding("3.3", "x", 2)];
    expect(byGain(told).map(({ id }) => id)).toEqual(["3.3", "3.2"]);
  });

  it("compare their own share with its doubt to the usual one", () => {
    const evidence = { wrong: 0.5, low: 0.4, high: 0.6, wrong_elsewhere: 0.1 };
    expect(sharesOf({ kind: "slice", evidence })).toEqual([
      { name: "Wrong here", value: 0.5, low: 0.4, high: 0.6 },
      { name: "Wrong elsewhere", value: 0.1, low: 0.1, high: 0.1 },
    ]);
    expect(sharesOf({ kind: "never heard of", evidence })).toEqual([]);
    const graded = { ...evidence, measure: "f1", wrong: 0.25, low: 0.125, high: 0.5 };
    expect(sharesOf({ kind: "slice", evidence: graded })).toEqual([
      { name: "F1 here", value: 0.75, low: 0.5, high: 0.875 },
      { name: "F1 elsewhere", value: 0.9, low: 0.9, high: 0.9 },
    ]);
  });

  it("say what stays disputed beside what the model takes for what", () => {
    const evidence = {
      of: 20,
      stays_disputed: 8,
      settled_before: 20,
      model_takes_for_other: 5,
      model_asked: 40,
    };
    expect(basis({ evidence })).toBe(
      "20 assets looked at · 8 of 20 settled assets disputed again; the model takes one for the other in 5 of 40",
    );
  });

  it("call no part of what was looked at all of it", () => {
    const { finding: one } = finding("3.1", "miscalibration", 0);
    const ids = Array.from({ length: 50 }, (_, at) => `a${at}`);
    expect(galleryWords({ ...one, asset_ids: ids, evidence: { count: 51 } })).toBe(
      "The 50 furthest off",
    );
    expect(galleryWords({ ...one, asset_ids: ids, evidence: { count: 50 } })).toBe("All 50 assets");
  });

  it("know the round that drew their remedy, and what it did", () => {
    const report = finding("3.1", "remedy", 0).finding;
    const rounds = [
      { number: 2, plan: { remedy: "1.1" }, findings: [] },
      { number: 3, plan: { remedy: null }, findings: [report] },
    ] as unknown as Round[];
    expect(afterwards("1.1", rounds)).toEqual({ drawn: 2, report });
    expect(afterwards("1.2", rounds)).toEqual({ drawn: null, report: null });
  });

  it("name the class that another is taken for", () => {
    const evidence = { predicted: "boot", count: 5, of: 20, low: 0.11, high: 0.47 };
    const [share] = sharesOf({ kind: "confused_classes", evidence });
    expect(share).toEqual({ name: "Taken for boot", value: 0.25, low: 0.11, high: 0.47 });
  });

  it("say of what measure they may bring more, where that is not the headline", () => {
    const of = (kind: string, severity: number, evidence: Finding["evidence"] = {}) =>
      gainText({ ...finding("1.1", kind, severity).finding, evidence });
    expect(of("outliers", 2.54)).toBe("2.5 points");
    expect(of("weak_class", 5.3, { measure: "recall" })).toBe("5.3 points of recall");
    expect(of("slice", 1, { measure: "f1" })).toBe("1.0 points of mean F1");
    expect(of("slice", 0.01)).toBeNull();
  });

  it("leave every second asset to measure by", () => {
    expect(everySecond(["a", "b", "c"])).toEqual(["a", "c"]);
  });
});

describe("the confusion matrix", () => {
  const matrix = matrixOf(
    [cell("a", "a", 9), cell("a", "c", 2), cell("b", "b", 4), cell("c", "b", 5), cell("c", "c", 1)],
    ["a", "b", "c", "never seen"],
  );

  it("shows the classes that were seen in the project's order, and sums each", () => {
    expect(matrix.names).toEqual(["a", "b", "c"]);
    expect(matrix.totals.get("c")).toBe(6);
  });

  it("begins at the error of most assets, and arrows skip empty cells", () => {
    expect(worstCell(matrix)).toEqual({ row: 2, column: 1 });
    expect(nextCell(matrix, { row: 0, column: 0 }, "ArrowRight")).toEqual({ row: 0, column: 2 });
    expect(nextCell(matrix, { row: 0, column: 2 }, "ArrowRight")).toBeNull();
    expect(nextCell(matrix, { row: 0, column: 0 }, "Enter")).toBeNull();
  });

  it("keeps the classes that err most when there are too many", () => {
    const names = Array.from({ length: 30 }, (_, at) => `k${at}`);
    const cells = names.map((name, at) => cell(name, names[(at + 1) % 30] ?? "", at));
    const large = matrixOf(cells, names);
    expect([large.names.length, large.hidden]).toEqual([16, 14]);
    expect(large.names).toContain("k29");
    expect(large.names).not.toContain("k5");
    expect(placeOf(large, cell("k29", "k28", 1))).toEqual({
      row: large.names.indexOf("k29"),
      column: large.names.indexOf("k28"),
    });
    expect(placeOf(large, cell("k5", "k29", 1))).toBeNull();
  });
});

describe("the address", () => {
  it("keeps a round, a whole cell and an asset, and drops what makes no sense", () => {
    const search = { round: 3, truth: "boot", predicted: "bag", asset: "a/1" };
    expect(readDiagnoseSearch({ ...search, round: "3" })).toEqual(search);
    expect(readDiagnoseSearch({ round: "x", truth: "boot" })).toEqual({});
  });
});

describe("what data taught", () => {
  const batch = {
    p_value: 0.01,
    first: 2,
    last: 2,
    labels: 20,
    accuracy: 0,
    density: 0,
    per_class: {},
  };
  it("puts all batches on one scale around zero, intervals included", () => {
    const [helped, harmed] = barsOf([
      { ...batch, points: 2, low: 1, high: 3 },
      { ...batch, points: -1, low: -1, high: 0 },
    ]);
    expect(helped).toEqual({ left: 25, width: 50, low: 50, high: 100, zero: 25 });
    expect(harmed).toEqual({ left: 0, width: 25, low: 0, high: 25, zero: 25 });
  });
  it("names batches, and the classes that moved at all", () => {
    expect(batchName({ first: 1, last: 4 })).toBe("Up to round 4");
    expect(batchName({ first: 0, last: 0 })).toBe("No round asked");
    expect(movedWords({ per_class: { boot: 1.25, shirt: -0.01 } })).toBe("\u2068boot\u2069 +1.3");
  });
  it("says nothing of a hundred labels where few stand behind it", () => {
    expect(perHundred({ density: 1.24 })).toBe(", +1.2 a hundred");
    expect(perHundred({ density: null })).toBe("");
  });
  it("leaves rounds out in which a class was not measured", () => {
    expect(lineOf([0, null, 1], 10, 4)).toBe("0.0,4.0 10.0,0.0");
  });
});
