/** A key as it is printed on the keyboard. */

const NAMES: Record<string, string> = {
  mod: navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl",
  Enter: "⏎",
  " ": "Space",
  Backspace: "⌫",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Shift: "⇧",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Delete: "Del",
};

export function keyName(key: string): string {
  return NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

export function Key({ of }: { of: string }) {
  return <kbd>{keyName(of)}</kbd>;
}
