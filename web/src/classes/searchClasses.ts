/** How classes are found by name, also among ten thousand. */
import type { ClassDefinition } from "../api/types";

/** Classes whose name holds every word of `text`; those that begin with it come first. */
export function searchClasses(
  classes: readonly ClassDefinition[],
  text: string,
): readonly ClassDefinition[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return classes;
  const parts = wanted.split(/\s+/);
  const hits = classes.filter((item) => {
    const name = item.name.toLowerCase();
    return parts.every((part) => name.includes(part));
  });
  const rank = (item: ClassDefinition) => {
    const name = item.name.toLowerCase();
    return name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2;
  };
  return [...hits].sort((a, b) => rank(a) - rank(b));
}
