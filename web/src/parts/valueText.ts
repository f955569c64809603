/** What a label says in a few words: a class, "2 classes", "3.5 kg", "4 boxes". */
import type { Value } from "../api/types";
import { percent, plural } from "./format";

/** From here on a model rather thinks that something is there. */
export const HALF = 0.5;

/** What a model is at least this sure of. */
export function sureOf(value: Value, confidence: number): Value {
  const isSure = (one: { confidence?: number | null }) => (one.confidence ?? 1) >= confidence;
  if (value.type === "boxes") return { ...value, boxes: value.boxes.filter(isSure) };
  if (value.type === "spans") return { ...value, spans: value.spans.filter(isSure) };
  return value;
}

/** What a model says: the boxes or spans it rather thinks are there, and how many it doubts. */
export function saidText(value: Value): string {
  const sure = sureOf(value, HALF);
  const size = (of: Value) =>
    of.type === "boxes" ? of.boxes.length : of.type === "spans" ? of.spans.length : 0;
  const doubted = size(value) - size(sure);
  const more = doubted > 0 ? `, and ${doubted} less sure than ${percent(HALF, 0)}` : "";
  return `${valueText(sure)}${more}`;
}

const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

/** The words of a label; null for none. `unit` is that of the project's numbers. */
export function valueText(value: Value | null | undefined, unit = ""): string | null {
  if (!value) return null;
  switch (value.type) {
    case "class":
      return value.name;
    case "classes":
      return value.names.length === 0 ? "none of these" : value.names.join(", ");
    case "number":
      return numbers.format(value.number) + (unit && ` ${unit}`);
    case "boxes":
      return plural(value.boxes.length, "box", "boxes");
    case "polygons":
      return plural(value.polygons.length, "polygon", "polygons");
    case "spans":
      return plural(value.spans.length, "span", "spans");
  }
}
