/** The promise: where rates lie, what keys do, and what is said and offered in each state. */
import { describe, expect, it } from "vitest";
import type { AutoLabelSet, Proposal } from "../api/types";
import { readAutoLabelSearch } from "./autoLabelSearch";
import {
  checksToAsk,
  isOpen,
  isOutOfReach,
  missingChecks,
  placeOf,
  RATES,
  rateAt,
  rateByKey,
  rateText,
  sentenceOf,
  unknownErrors,
} from "./promise";

const plain = (text: string) => text.replaceAll("\u202f", " ");

const proposal: Proposal = {
  id: "auto-1",
  certificate: {
    threshold: 0.03,
    checked: 120,
    wrong: 1,
    upper: 0.045,
    max_error: 0.05,
    confidence: 0.95,
    needed: 66,
    available: 150,
  },
  count: 400,
  coverage: 0.8,
  curve: [
    { max_error: 0.02, coverage: 0, count: 0 },
    { max_error: 0.05, coverage: 0.8, count: 400 },
  ],
  classes: [{ name: "a", count: 400, left: 100, checked: 120, wrong: 1, upper: 0.05 }],
  labels: 200,
  label_seq: 200,
  region: null,
  sentence: "",
  created_at: "2026-01-01T00:00:00Z",
  free: 500,
};
const refused: Proposal = {
  ...proposal,
  count: 0,
  certificate: { ...proposal.certificate, threshold: null, max_error: 0.02, needed: 169 },
};
const set: AutoLabelSet = {
  id: "auto-1",
  accepted: 400,
  holding: 399,
  max_error: 0.05,
  confidence: 0.95,
  upper: 0.045,
  asked: 20,
  answered: 12,
  wrong: 0,
  low: 0,
  high: 0.3,
  broken: false,
  accepted_at: "2026-01-01T00:00:00Z",
  rolled_back_at: null,
  reason: null,
  sentence: "",
};
const standing = { proposal, sets: [], outdated: false, open: 0 };

describe("rates", () => {
  it("lie on a logarithmic axis, and every place has its nearest rate", () => {
    expect([placeOf(0.005), placeOf(0.2)]).toEqual([0, 1]);
    for (const rate of RATES) expect(rateAt(placeOf(rate))).toBe(rate);
    expect([rateAt(-3), rateAt(3)]).toEqual([0.005, 0.2]);
  });

  it("follow the keys and stop at the ends", () => {
    expect(
      ["ArrowRight", "ArrowLeft", "Home", "End", "x"].map((key) => rateByKey(0.02, key)),
    ).toEqual([0.025, 0.015, 0.005, 0.2, null]);
    expect(rateByKey(0.2, "ArrowUp")).toBe(0.2);
  });

  it("are written with as few digits as they have", () => {
    expect([0.02, 0.005, 0.0075, 0.15].map((rate) => plain(rateText(rate)))).toEqual([
      "2 %",
      "0.5 %",
      "0.75 %",
      "15 %",
    ]);
  });

  it("are read from the address, and nonsense is left out", () => {
    expect(readAutoLabelSearch({ promise: "0.05", sure: "0.99", proposal: "auto-1" })).toEqual({
      promise: 0.05,
      sure: 0.99,
      proposal: "auto-1",
    });
    expect(readAutoLabelSearch({ promise: "7", sure: "1", proposal: "" })).toEqual({});
  });
});

describe("standing", () => {
  it("offers a proposal until it is accepted or its checks are outdated", () => {
    expect(isOpen(standing)).toBe(true);
    expect(isOpen({ ...standing, sets: [set] })).toBe(false);
    expect(isOpen({ ...standing, outdated: true })).toBe(false);
    expect(plain(sentenceOf(standing))).toContain("400 of 500 open assets");
  });

  it("says how many checks are missing, and which promise would do", () => {
    expect(missingChecks(refused)).toBe(19);
    expect(checksToAsk(19)).toBe(30);
    const said = plain(sentenceOf({ ...standing, proposal: refused }));
    expect(said).toContain("at least 19 more random checks are needed");
    expect(said).toContain("Or promise 5 %, which lets in 400.");
  });

  it("asks for no more checks than there are open assets", () => {
    const said = plain(sentenceOf({ ...standing, proposal: { ...refused, free: 19 } }));
    expect(said).toContain("19 more random checks would be needed, and 19 assets are open.");
    expect(said).not.toContain("Ask people");
    expect(isOutOfReach({ ...refused, free: 20 })).toBe(false);
  });

  it("puts a broken promise before everything else", () => {
    const broken = { ...set, broken: true, wrong: 9, low: 0.4 };
    expect(plain(sentenceOf({ ...standing, sets: [broken] }))).toContain(
      "The promise of 5 % is broken: 9 of 12",
    );
    expect(sentenceOf({ ...standing, sets: [set] })).toContain("0 of 12 audited");
  });
});

describe("unknownErrors", () => {
  it("counts what is there and says what comes next", () => {
    expect(unknownErrors(20, 0)).toContain("30 labels that it has not learned, and there are 20");
    expect(unknownErrors(20, 0)).toContain("Ask people for the rest");
    expect(unknownErrors(20, 10)).toContain("Answer what is asked");
    expect(unknownErrors(30, 0)).toContain("The next model that is trained");
  });
});
