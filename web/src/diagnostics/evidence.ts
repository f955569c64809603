/** From a finding to its words and to the few shares that its chart compares. */
import type { Finding, NamedFinding, Round } from "../api/types";
import { count, fixed, percent, plural, words } from "../parts/format";
import { rightWords } from "./slices";

/** One line of the chart: a share of one, with its interval where one is known. */
export type Share = { name: string; value: number; low: number; high: number };

type Known = { name: string; about: string; mend: string };

const FEW_LABELS: Known = {
  name: "Class frequency",
  about: "Few labels, and the class is missed.",
  mend: "the class with few labels",
};

const KINDS: Record<string, Known> = {
  data_distribution: {
    name: "Data distribution",
    about: "A part of a class that training lacks.",
    mend: "the gap in the training data",
  },
  concept_clarity: {
    name: "Concept clarity",
    about: "People do not tell the two classes apart.",
    mend: "the unclear classes",
  },
  class_frequency: FEW_LABELS,
  rare_class: FEW_LABELS,
  outliers: {
    name: "Outliers",
    about: "Assets that belong to no class.",
    mend: "the outliers",
  },
  weak_class: {
    name: "Weak class",
    about: "The model surely does it worse than the other classes.",
    mend: "the weakest class",
  },
  confused_classes: {
    name: "Confused classes",
    about: "The model takes one for the other.",
    mend: "the confused classes",
  },
  merge: {
    name: "Classes to merge",
    about: "Nothing in the data tells the two apart.",
    mend: "the two classes that are one",
  },
  slice: {
    name: "Slice",
    about: "A group of assets that surely errs more than the rest.",
    mend: "the slice that errs most",
  },
  miscalibration: {
    name: "Calibration",
    about: "The model's confidence is not what it gets right.",
    mend: "the calibration",
  },
  label_error: {
    name: "Label errors",
    about: "Labels that are probably wrong.",
    mend: "the label errors",
  },
};

/** The measures of which a finding may bring more, all objects or assets together. */
const GAINED: Record<string, string> = {
  recall: "recall",
  precision: "precision",
  f1: "mean F1",
  closeness: "mean closeness",
};

/** The type of a finding in words. */
export function kindName(kind: string): string {
  return KINDS[kind]?.name ?? words(kind);
}

/** What the type means, in one sentence. */
export function kindMeaning(kind: string): string {
  return KINDS[kind]?.about ?? "";
}

/** What is to mend, as the object of a sentence. */
export function mendWords(kind: string): string {
  return KINDS[kind]?.mend ?? words(kind).toLowerCase();
}

/** The shares that the evidence compares, the finding's own first; empty where there are none. */
export function sharesOf({ kind, evidence }: Pick<Finding, "kind" | "evidence">): Share[] {
  const one = (name: string, value: unknown, doubt = false) =>
    share(name, value, doubt ? evidence : {});
  switch (kind) {
    case "slice":
      if (typeof evidence.measure === "string") return rightness(evidence);
      return wrongness(evidence);
    case "outliers":
    case "data_distribution":
      return wrongness(evidence);
    case "class_frequency":
    case "rare_class":
      return [
        ...one(`${evidence.class} found`, evidence.recall, true),
        ...one("Other classes found", evidence.recall_of_others),
      ];
    case "weak_class": {
      const done = evidence.measure === "recall" ? "found" : "rightly said";
      return [
        ...one(`${evidence.class} ${done}`, evidence.value, true),
        ...one(`Other classes ${done}`, evidence.rest),
      ];
    }
    case "concept_clarity":
      return [
        ...one("Labelled as the other", evidence.share, true),
        ...one("Usual at most", evidence.expected_at_most),
      ];
    case "confused_classes":
      return one(`Taken for ${evidence.predicted}`, ratio(evidence.count, evidence.of), true);
    case "label_error":
      return one("Of its labels", ratio(evidence.count, evidence.of), true);
    case "merge":
      return [
        ...one("Right now", evidence.accuracy_before),
        ...one("Right if merged", evidence.accuracy_after),
      ];
    case "miscalibration":
      return [...one("It claims", evidence.confidence), ...one("It gets right", evidence.accuracy)];
    case "remedy":
      return [
        ...one(`${shortly(evidence.measure)} before`, evidence.before),
        ...one(`${shortly(evidence.measure)} now`, evidence.after),
      ];
    default:
      return [];
  }
}

/** A share with the interval of the evidence, where it is that of this share. */
function share(name: string, value: unknown, { low, high }: Finding["evidence"]): Share[] {
  if (typeof value !== "number") return [];
  return [{ name, value, low: number(low) ?? value, high: number(high) ?? value }];
}

function wrongness(evidence: Finding["evidence"]): Share[] {
  return [
    ...share("Wrong here", evidence.wrong, evidence),
    ...share("Wrong elsewhere", evidence.wrong_elsewhere, {}),
  ];
}

/** How right a model is of an asset, in a word that leaves room for the bar. */
function shortly(measure: unknown): string {
  return measure === "f1" ? "F1" : rightWords(measure);
}

/** What is not lost, where an asset is more or less right. */
function rightness({ measure, wrong, low, high, wrong_elsewhere }: Finding["evidence"]): Share[] {
  const left = (lost: unknown) => (typeof lost === "number" ? 1 - lost : null);
  const name = shortly(measure);
  return [
    ...share(`${name} here`, left(wrong), { low: left(high), high: left(low) }),
    ...share(`${name} elsewhere`, left(wrong_elsewhere), {}),
  ];
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function ratio(part: unknown, whole: unknown): number | null {
  return typeof part === "number" && typeof whole === "number" && whole > 0 ? part / whole : null;
}

/** What the chart rests on, in a few words. */
export function basis({ evidence }: Pick<Finding, "evidence">): string {
  const of = number(evidence.of) ?? number(evidence.count);
  const parts = [
    of === null ? null : `${plural(of, "asset")} looked at`,
    typeof evidence.labels === "number" ? plural(evidence.labels, "training label") : null,
    typeof evidence.mean_labels === "number"
      ? `${count(evidence.mean_labels)} for a class on average`
      : null,
    typeof evidence.stays_disputed === "number"
      ? `${count(evidence.stays_disputed)} of ${plural(number(evidence.settled_before) ?? 0, "settled asset")} disputed again; ` +
        `the model takes one for the other in ${count(number(evidence.model_takes_for_other) ?? 0)} of ${count(number(evidence.model_asked) ?? 0)}`
      : null,
    typeof evidence.p_value === "number" ? chance(evidence.p_value) : null,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

/** What shows all assets of a finding; a calibration rests on more than the worst that it keeps. */
export function galleryWords({ kind, asset_ids, evidence }: Finding): string {
  const kept = asset_ids?.length ?? 0;
  return kind === "miscalibration" && kept < (number(evidence.count) ?? 0)
    ? `The ${count(kept)} furthest off`
    : `All ${plural(kept, "asset")}`;
}

function chance(p: number): string {
  return p < 0.001 ? "chance alone: < 0.1 %" : `chance alone: ${percent(p)}`;
}

/** What may be gained, in words: "+2.5 points", of a measure where that is not the headline. */
export function gainText({ kind, severity, evidence }: Finding): string | null {
  const gain = severity ?? 0;
  if (gain < 0.05) return null;
  const measured = kind === "weak_class" || kind === "slice" ? evidence.measure : undefined;
  const of = typeof measured === "string" ? GAINED[measured] : undefined;
  return `${fixed(gain, 1)} points${of ? ` of ${of}` : ""}`;
}

/** Findings by expected gain; what tells of earlier remedies is no finding of its own. */
export function byGain(findings: readonly NamedFinding[]): NamedFinding[] {
  return findings
    .filter(({ finding }) => finding.kind !== "remedy")
    .sort((a, b) => (b.finding.severity ?? 0) - (a.finding.severity ?? 0));
}

/** What became of a finding's remedy: the round that drew it, and the report two rounds later. */
export function afterwards(id: string, rounds: readonly Round[]) {
  const drawn = rounds.find((round) => round.plan?.remedy === id);
  for (const round of rounds)
    for (const finding of round.findings ?? [])
      if (finding.kind === "remedy" && finding.evidence.finding === id)
        return { drawn: drawn?.number ?? null, report: finding };
  return { drawn: drawn?.number ?? null, report: null };
}

/** Every second asset: the others stay to measure by whether the batch helped. */
export function everySecond(ids: readonly string[]): string[] {
  return ids.filter((_, at) => at % 2 === 0);
}
