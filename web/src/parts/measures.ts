/** What the measures of a model are called, and how each is written. */
import { percent, words } from "./format";

const NAMES: Record<string, string> = {
  accuracy: "Accuracy",
  micro_f1: "Micro F1",
  macro_f1: "Macro F1",
  r2: "R²",
  mae: "Mean absolute error",
  rmse: "Root mean square error",
  map50: "mAP50",
  map75: "mAP75",
  map: "mAP",
  f1: "F1",
  exact: "Whole set right",
  brier: "Brier score",
};

/** These are in the unit of the labels, not shares. */
const IN_UNITS = new Set(["mae", "rmse", "log_loss", "brier"]);
const figures = new Intl.NumberFormat("en", {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});

/** Whether a measure has its own unit, and is no share. */
export function inUnits(measure: string): boolean {
  return IN_UNITS.has(measure);
}

export function measureName(measure: string): string {
  return NAMES[measure] ?? words(measure);
}

/** The name inside a sentence: "accuracy", "micro F1", "mAP50". */
export function measureInWords(measure: string): string {
  const name = measureName(measure);
  return /^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

export function measureText(measure: string, value: number): string {
  return IN_UNITS.has(measure) ? figures.format(value) : percent(value);
}

type Taken = { active_labels: number; control_labels: number };
type Points = readonly { labels: number }[];

/** "at least " or "at most " before a saving or boost where an arm's first model was as good already. */
export function atLeast(taken: Taken | null, active: Points, control: Points): string {
  const first = (points: Points) => Math.min(...points.map(({ labels }) => labels));
  if (!taken || !active.length || !control.length) return "";
  if (taken.active_labels <= first(active)) return "at least ";
  return taken.control_labels <= first(control) ? "at most " : "";
}
