/** The labelling settings as they are edited. */
import { describe, expect, it } from "vitest";
import type { LabelingPolicy } from "../api/types";
import { changedOf, draftOf, missingSkills, policyOf, tasksOf } from "./labelingDraft";

const policy: LabelingPolicy = {
  overlap: 2,
  overlap_share: 0.125,
  class_overlap: { boot: { opinions: 3, share: 0.5 } },
  again_share: 0,
  blind_share: 0.1,
  gold_share: 0.05,
  class_skills: { boot: "leather", bag: "sewing" },
  consensus: "majority",
  hourly_cost: 24,
};

describe("the draft", () => {
  it("comes back as it went in, and nothing has changed", () => {
    expect(policyOf(draftOf(policy))).toEqual(policy);
    expect(changedOf(policy, draftOf(policy))).toEqual({});
    expect(draftOf(policy).overlapShare).toBe(12.5);
  });

  it("sends only what differs, and rules that are taken away", () => {
    const draft = draftOf(policy);
    expect(changedOf(policy, { ...draft, gold: 10, hourlyCost: null })).toEqual({
      gold_share: 0.1,
      hourly_cost: null,
    });
    const rules = draft.rules.filter(({ name }) => name !== "boot");
    expect(changedOf(policy, { ...draft, rules })).toEqual({
      class_overlap: {},
      class_skills: { bag: "sewing" },
    });
  });

  it("keeps shares that no percent tells exactly as they are", () => {
    const third = { ...policy, overlap_share: 1 / 3, again_share: 0.0123 };
    expect(draftOf(third).again).toBe(1.23);
    expect(changedOf(third, draftOf(third))).toEqual({});
    expect(changedOf(third, { ...draftOf(third), gold: 0 })).toEqual({ gold_share: 0 });
  });

  it("tells how many tasks a batch makes", () => {
    const draft = { ...draftOf(policy), overlap: 3, overlapShare: 20, again: 10 };
    expect(tasksOf(50, draft)).toBe(50 + 9 * 2);
    expect(tasksOf(50, { ...draft, overlap: 1 })).toBe(50);
  });

  it("knows the skills that nobody has", () => {
    expect(missingSkills(draftOf(policy), ["leather"])).toEqual(["sewing"]);
  });
});
