/** One press of keys as a word: `mod+shift+z`, `Enter`, `a`; how it is printed and who else wants it. */

export type KeyPress = {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey?: boolean;
};

const MODIFIERS = new Set(["Control", "Meta", "Alt", "Shift", "AltGraph", "CapsLock"]);

/** The chord of a press; null while only modifiers are down. Ctrl and ⌘ are the same `mod`. */
export function chordOf(press: KeyPress): string | null {
  if (MODIFIERS.has(press.key) || press.key === "Dead" || press.key === "Process") return null;
  const letter = press.key.length === 1;
  const key = letter ? press.key.toLowerCase() : press.key;
  const mods = press.ctrlKey || press.metaKey ? ["mod"] : [];
  if (press.altKey) mods.push("alt");
  // Shift makes another sign of a digit or a mark by itself; of a letter or a named key it does not.
  if (press.shiftKey && (!letter || /\p{L}/u.test(key))) mods.push("shift");
  return [...mods, key].join("+");
}

/** The keys of a chord, one after the other, as they are printed. */
export function keysOfChord(chord: string): string[] {
  const found = /^((?:(?:mod|alt|shift)\+)*)(.+)$/s.exec(chord);
  if (!found) return [chord];
  const mods = (found[1] ?? "").split("+").filter(Boolean);
  const names: Record<string, string> = { shift: "Shift", alt: "Alt", mod: "mod" };
  return [...mods.map((mod) => names[mod] ?? mod), found[2] ?? ""];
}

const RESERVED = new Set([
  "mod+w",
  "mod+shift+w",
  "mod+t",
  "mod+shift+t",
  "mod+n",
  "mod+shift+n",
  "mod+q",
  "mod+r",
  "mod+l",
  "mod+p",
  "mod+h",
  "mod+j",
  "mod+Tab",
  "mod+shift+Tab",
  "alt+ArrowLeft",
  "alt+ArrowRight",
  "alt+F4",
  "alt+Tab",
  "F1",
  "F5",
  "F6",
  "F11",
  "F12",
  ...Array.from("123456789", (digit) => `mod+${digit}`),
]);

/** Whether browsers or desktops usually keep this chord for themselves. */
export function isReserved(chord: string): boolean {
  return RESERVED.has(chord);
}
