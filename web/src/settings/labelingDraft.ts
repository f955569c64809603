/** The labelling settings while they are edited: shares as percentages, one row a class. */
import type { LabelingPolicy } from "../api/types";

export type ClassRule = {
  name: string;
  /** Null where what holds for all holds for the class. */
  opinions: number | null;
  /** In percent. */
  share: number;
  skill: string;
};

/** Shares are in percent here: people think in those. */
export type Draft = {
  overlap: number;
  overlapShare: number;
  rules: ClassRule[];
  again: number;
  blind: number;
  gold: number;
  consensus: LabelingPolicy["consensus"];
  hourlyCost: number | null;
};

export function draftOf(policy: LabelingPolicy): Draft {
  const { class_overlap: overlaps, class_skills: skills } = policy;
  const names = [...new Set([...Object.keys(overlaps), ...Object.keys(skills)])];
  return {
    overlap: policy.overlap,
    overlapShare: percentOf(policy.overlap_share),
    rules: names.map((name) => ({
      name,
      opinions: overlaps[name]?.opinions ?? null,
      share: percentOf(overlaps[name]?.share ?? 1),
      skill: skills[name] ?? "",
    })),
    again: percentOf(policy.again_share),
    blind: percentOf(policy.blind_share),
    gold: percentOf(policy.gold_share),
    consensus: policy.consensus,
    hourlyCost: policy.hourly_cost,
  };
}

export function policyOf(draft: Draft): LabelingPolicy {
  return {
    overlap: draft.overlap,
    overlap_share: draft.overlapShare / 100,
    class_overlap: Object.fromEntries(
      draft.rules.flatMap(({ name, opinions, share }) =>
        opinions === null ? [] : [[name, { opinions, share: share / 100 }]],
      ),
    ),
    class_skills: Object.fromEntries(
      draft.rules.flatMap(({ name, skill }) => (skill.trim() ? [[name, skill.trim()]] : [])),
    ),
    again_share: draft.again / 100,
    blind_share: draft.blind / 100,
    gold_share: draft.gold / 100,
    consensus: draft.consensus,
    hourly_cost: draft.hourlyCost,
  };
}

/** The fields that differ; only these are sent, so that nobody else's change is lost. */
export function changedOf(before: LabelingPolicy, draft: Draft): Partial<LabelingPolicy> {
  // Both by way of a draft, so that rounding to percent is no change.
  const after = policyOf(draft);
  const then = policyOf(draftOf(before));
  const fields = Object.keys(after) as (keyof LabelingPolicy)[];
  return Object.fromEntries(
    fields
      .filter((field) => plain(after[field]) !== plain(then[field]))
      .map((field) => [field, after[field]]),
  );
}

/** How many tasks a batch makes, the rules by class left out. */
export function tasksOf(batch: number, draft: Draft): number {
  const again = Math.round((batch * draft.again) / 100);
  const fresh = batch - again;
  const several = Math.round((fresh * draft.overlapShare) / 100);
  return batch + several * (Math.max(1, draft.overlap) - 1);
}

/** Skills that a rule wants and nobody has. */
export function missingSkills(draft: Draft, known: readonly string[]): string[] {
  const wanted = draft.rules.map(({ skill }) => skill.trim()).filter(Boolean);
  return [...new Set(wanted)].filter((skill) => !known.includes(skill)).sort();
}

function percentOf(share: number): number {
  return Math.round(share * 1e6) / 1e4;
}

function plain(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(entries.map(([name, part]) => [name, plain(part)]));
}
