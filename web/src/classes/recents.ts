/** The classes that were used last, kept in this browser for each project and person. */
import { useSyncExternalStore } from "react";

const KEPT = 6;
const listeners = new Set<() => void>();
const known = new Map<string, readonly string[]>();

export function recentNames(scope: string): readonly string[] {
  const held = known.get(scope);
  if (held) return held;
  const read = readNames(window.localStorage.getItem(place(scope)));
  known.set(scope, read);
  return read;
}

export function remember(scope: string, name: string): void {
  const next = [name, ...recentNames(scope).filter((other) => other !== name)].slice(0, KEPT);
  known.set(scope, next);
  window.localStorage.setItem(place(scope), JSON.stringify(next));
  for (const listener of listeners) listener();
}

export function useRecents(scope: string): readonly string[] {
  return useSyncExternalStore(watch, () => recentNames(scope));
}

function watch(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function readNames(text: string | null): readonly string[] {
  if (!text) return [];
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? found.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

function place(scope: string): string {
  return `querist-recent:${scope}`;
}
