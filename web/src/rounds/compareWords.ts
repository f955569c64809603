/** A comparison in words: which model is better, how surely, and what the galleries hold. */
import type { ComparedModel, Comparison, Paired, ProjectInfo, Reliability } from "../api/types";
import { percent, plural, points } from "../parts/format";
import { inUnits, measureInWords } from "../parts/measures";
import type { Kind } from "./compareSearch";

/** The two models that are looked at first: the newest round, and the one before or its control. */
export function usual(models: readonly ComparedModel[]): { first: string; second: string } | null {
  const active = models.filter(({ name }) => /^\d+$/.test(name));
  const rounds = [...active].sort((a, b) => Number(b.name) - Number(a.name));
  const second = rounds[0] ?? models[0];
  if (!second) return null;
  const first =
    rounds[1] ?? models.find(({ name }) => name === `${second.name}-control`) ?? models[1];
  return { first: (first ?? second).name, second: second.name };
}

/** Whether a difference is more than chance, and in whose favour: 1 for the second model. */
export function verdict({ difference }: Paired): -1 | 0 | 1 {
  const side = difference.low > 0 ? 1 : difference.high < 0 ? -1 : 0;
  return (difference.better === "lower" ? -side : side) as -1 | 0 | 1;
}

/** What the two are, in one sentence with its doubt. */
export function compareSentence(found: Comparison): string {
  const headline = found.measures[found.headline];
  const [first, second] = [inSentence(found.first.title), found.second.title];
  const of = `on the same ${plural(found.count, "audit asset")}`;
  if (!headline) return `${second} and ${first}, ${of}.`;
  const { difference } = headline;
  const name = measureInWords(found.headline);
  const unit = inUnits(found.headline) ? "" : "points of ";
  const gap = `${gapText(found.headline, difference.value)} ${unit}${name}`;
  const range = `${gapText(found.headline, difference.low)} to ${gapText(found.headline, difference.high)}`;
  if (found.first.model_id === found.second.model_id)
    return `${second} and ${first} have the same model: choose another to compare it with.`;
  const won = verdict(headline);
  if (won === 0)
    return `No sure difference: ${inSentence(second)} has ${gap} against ${first} (${range}), ${of}.`;
  return `${second} is ${won > 0 ? "better" : "worse"} than ${first}: ${gap} (${range}), ${of}.`;
}

/** A difference: of shares in points, of others in their unit. */
export function gapText(measure: string, value: number): string {
  if (!inUnits(measure)) return points(value);
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toPrecision(2)}`;
}

const NAMES: Record<Kind, [string, string]> = {
  newly_wrong: ["Newly wrong", "Got worse"],
  newly_right: ["Newly right", "Got better"],
  most_wrong: ["Most wrong", "Most wrong"],
  least_confident: ["Least sure", "Least sure"],
};

/** What a gallery is called; where an asset is not just right or wrong it gets better or worse. */
export function galleryName(kind: Kind, decides: boolean): string {
  return NAMES[kind][decides ? 0 : 1];
}

/** What a gallery holds, in one sentence. */
export function galleryWords(kind: Kind, decides: boolean, found: Comparison): string {
  const first = inSentence(found.first.title);
  const second = inSentence(found.second.title);
  if (kind === "newly_wrong")
    return decides
      ? `Right with ${first}, wrong with ${second}; the surest mistake first.`
      : `Further from the label with ${second} than with ${first}; the largest step first.`;
  if (kind === "newly_right")
    return decides
      ? `Wrong with ${first}, right with ${second}; the surest answer first.`
      : `Nearer to the label with ${second} than with ${first}; the largest step first.`;
  if (kind === "most_wrong")
    return decides
      ? `What ${second} gets wrong, the label it believes in least first.`
      : `Where ${second} is furthest from the label.`;
  return `Where ${second} wavers most, right or wrong.`;
}

/** Whether as many assets would turn by chance; null where an asset is not just right or wrong. */
export function chanceWords(found: Comparison): string | null {
  const { chance } = found;
  if (chance === null || chance === undefined) return null;
  const turned = `${plural(found.gained, "asset")} newly right, ${found.lost} newly wrong`;
  if (found.gained + found.lost === 0) return "No asset turned.";
  const odds = chance < 0.001 ? "less than 0.1 %" : percent(chance, chance < 0.1 ? 1 : 0);
  return `${turned}: so uneven or more in ${odds} of cases by chance alone (exact test).`;
}

function inSentence(title: string): string {
  return /^Round \d/.test(title) ? `r${title.slice(1)}` : title;
}

const METHODS: Record<string, string> = {
  temperature: "temperature scaling",
  beta: "beta calibration",
  isotonic: "isotonic regression",
};

/** Whether a calibration serves a model: else its diagram would be that of its claims again. */
export function isCalibrated({ method, calibrated }: Reliability): boolean {
  return method !== "none" && calibrated.length > 0;
}

/** Which calibration serves a model best, and by whom it was judged. */
export function calibrationSentence({ method, calibrated }: Reliability): string {
  if (!calibrated.length)
    return "Too few to calibrate by: thirty answers on five assets are needed.";
  if (method === "none")
    return "Calibration helps nothing here: none serves better than its own confidence.";
  const best = METHODS[method] ?? method;
  const judged = "each answer is judged by a calibration that has not seen it.";
  return `What fits best here is ${best}; ${judged}`;
}

/** What tells how right a model is of one asset: the measure by which slices go. */
export function rightnessOf(task: ProjectInfo["task"]): string {
  if (task === "classification") return "accuracy";
  return task === "regression" ? "closeness" : "f1";
}
