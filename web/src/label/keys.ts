/** Which key does what while labelling: class keys first, then the fixed keys that no class may take. */
import type { ClassDefinition } from "../api/types";

export type Command =
  | { kind: "class"; name: string }
  | { kind: "accept" }
  | { kind: "skip" }
  | { kind: "cannot_tell" }
  | { kind: "undo" }
  | { kind: "search" }
  | { kind: "back" }
  | { kind: "forward" }
  | { kind: "leave" };

export type KeyPress = {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
};

const FIXED: Record<string, Command> = {
  Enter: { kind: "accept" },
  " ": { kind: "skip" },
  "-": { kind: "cannot_tell" },
  Backspace: { kind: "undo" },
  "/": { kind: "search" },
  ArrowLeft: { kind: "back" },
  ArrowRight: { kind: "forward" },
  Escape: { kind: "leave" },
};

/** The command of a key press, or null when the key is not ours. */
export function commandFor(press: KeyPress, classes: readonly ClassDefinition[]): Command | null {
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey)
    return press.key.toLowerCase() === "z" ? { kind: "undo" } : null;
  if (press.repeat) return null;
  const wanted = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const found = classes.find((item) => item.hotkey !== null && item.hotkey === wanted);
  if (found) return { kind: "class", name: found.name };
  if (wanted === "u") return { kind: "undo" };
  return FIXED[press.key] ?? null;
}

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
  const rank = (item: ClassDefinition) => (item.name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return [...hits].sort((a, b) => rank(a) - rank(b));
}
