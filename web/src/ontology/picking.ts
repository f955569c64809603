/** Which classes are chosen, and how clicks and keys change that. */

export type Picked = { names: ReadonlySet<string>; anchor: string | null };
export type How = "alone" | "switch" | "range";

export const nobody: Picked = { names: new Set(), anchor: null };

/** `names` is the list as it is shown; a range runs in it from the class that was picked last. */
export function pick(picked: Picked, names: readonly string[], name: string, how: How): Picked {
  const from = picked.anchor === null ? -1 : names.indexOf(picked.anchor);
  if (how === "range" && from >= 0) {
    const [low, high] = [from, names.indexOf(name)].sort((a, b) => a - b) as [number, number];
    const range = names.slice(low, high + 1);
    return { names: new Set([...picked.names, ...range]), anchor: name };
  }
  if (how === "alone") {
    const only = picked.names.size === 1 && picked.names.has(name);
    return { names: new Set(only ? [] : [name]), anchor: name };
  }
  const next = new Set(picked.names);
  if (!next.delete(name)) next.add(name);
  return { names: next, anchor: name };
}

/** How a press of a mouse or a key picks. */
export function howOf(event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): How {
  if (event.shiftKey) return "range";
  return event.ctrlKey || event.metaKey ? "switch" : "alone";
}
