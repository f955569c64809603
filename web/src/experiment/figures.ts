/** An experiment as rows and words: curves for the chart, gains with their intervals. */
import type { ClassFigures, Experiment, Measure } from "../api/types";
import type { Row } from "../home/curvePlot";
import { count, estimate, percent, plural, points } from "../parts/format";
import { measureName } from "../parts/measures";

export type Kind = "precision" | "recall" | "f1" | "accuracy";
/** A figure and what it is called. */
export type Named = readonly [kind: Kind, name: string];

/** The figures of all classes together; `accuracy` holds what the task is judged by. */
export function wholeFigures(measure: string): readonly Named[] {
  const judged: Named = ["accuracy", measureName(measure)];
  if (measure === "r2") return [judged];
  if (measure !== "accuracy")
    return [
      judged,
      ["precision", "Macro precision"],
      ["recall", "Macro recall"],
      ["f1", "Macro F1"],
    ];
  return [["precision", "Precision"], ["recall", "Recall"], ["f1", "F1"], judged];
}

/** The three figures of one class; numbers have no classes. */
export function classFigures(measure: string): readonly Named[] {
  if (measure === "map50")
    return [
      ["accuracy", "AP50"],
      ["precision", "Precision"],
      ["recall", "Recall"],
    ];
  return [
    ["precision", "Precision"],
    ["recall", "Recall"],
    ["f1", "F1"],
  ];
}

/** By which figure a class is judged, and its name. */
export function classJudge(measure: string): Named {
  return measure === "map50" ? ["accuracy", "AP50"] : ["f1", "F1"];
}

/** What there is of a class: rows, boxes or spans. */
export function counted(measure: string): string {
  return { map50: "Boxes", f1: "Spans" }[measure] ?? "Rows";
}

/** Labels that an arm took for a quality; at most so many where it had that at its first point. */
export function labelsUntil(labels: number, curve: Experiment["result"]["active_curve"]): string {
  const first = curve[0]?.labels ?? 0;
  return `${labels <= first ? "at most " : ""}${count(labels)}`;
}

/** Both curves as rows of the learning curve's chart. */
export function rowsOf({ result }: Experiment): Row[] {
  const rows = (arm: Row["arm"], curve: Experiment["result"]["active_curve"]) =>
    curve.map(({ labels, accuracy }) => ({
      arm,
      round: null,
      labels,
      x: labels,
      value: accuracy.value,
      low: accuracy.low,
      high: accuracy.high,
      title: `${arm === "active" ? "Active" : "Random"}\n${plural(labels, "label")}\n${estimate(accuracy)}`,
    }));
  return [...rows("control", result.control_curve), ...rows("active", result.active_curve)];
}

/** "68 to 93" of a share; nothing where it is not defined. */
export function ends(found: Measure | null): string {
  return found === null ? "" : `${bare(found.low)} to ${bare(found.high)}`;
}

/** "+4.2, interval −1.0 to +9.1 points". */
export function gainWords(found: Measure | null): string {
  if (found === null) return "not defined";
  return `${points(found.value)}, interval ${points(found.low)} to ${points(found.high)} points`;
}

/** Whether a gain is surely one, surely a loss, or may be chance. */
export function verdict(found: Measure | null): "gain" | "loss" | "open" {
  if (found === null || (found.low <= 0 && found.high >= 0)) return "open";
  return found.low > 0 ? "gain" : "loss";
}

/** Where a value stands on a scale from −reach to +reach, as a share of its width. */
export function placeOn(value: number, reach: number): number {
  return Math.min(1, Math.max(0, (value + reach) / (2 * reach)));
}

/** The widest end of all gains, at least five points, so that small ones look small. */
export function reachOf(gains: readonly (Measure | null)[]): number {
  const widths = gains.flatMap((one) => (one ? [Math.abs(one.low), Math.abs(one.high)] : []));
  return Math.max(0.05, ...widths);
}

/** Classes with the largest gain first; those without one last. */
export function byGain(
  rows: Experiment["result"]["classes"],
  judge: Kind,
): Experiment["result"]["classes"] {
  const value = (figures: ClassFigures) => figures[judge]?.value ?? Number.NEGATIVE_INFINITY;
  return [...rows].sort((a, b) => value(b.gain) - value(a.gain));
}

function bare(share: number): string {
  return percent(share, 0).replace(/[^\d<>.]/g, "");
}
