/** What a label says in a few words: a class, "2 classes", "3.5 kg", "4 boxes". */
import type { Value } from "../api/types";
import { plural } from "./format";

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
