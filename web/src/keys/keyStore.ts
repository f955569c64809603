/** A person's own keys, kept in this browser, and the keymap of the project made of them. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { projectQuery } from "../api/queries";
import type { Place } from "./actions";
import { type Keymap, keymapOf, type OwnKeys } from "./keymap";

const PLACE = "querist-keys";
const none: OwnKeys = {};
const listeners = new Set<() => void>();
let kept: OwnKeys | null = null;

export function ownKeys(): OwnKeys {
  kept ??= readKeys(window.localStorage.getItem(PLACE));
  return kept;
}

export function keepKeys(keys: OwnKeys): void {
  kept = keys;
  if (Object.keys(keys).length === 0) window.localStorage.removeItem(PLACE);
  else window.localStorage.setItem(PLACE, JSON.stringify(keys));
  for (const listener of listeners) listener();
}

/** Keys from their stored text; what is not keys is passed over. */
export function readKeys(text: string | null): OwnKeys {
  if (!text) return none;
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== "object" || found === null) return none;
    return Object.fromEntries(
      Object.entries(found).filter(
        ([, keys]) => Array.isArray(keys) && keys.every((key) => typeof key === "string"),
      ),
    );
  } catch {
    return none;
  }
}

function watch(listener: () => void): () => void {
  const elsewhere = (event: StorageEvent) => {
    if (event.key !== PLACE) return;
    kept = null;
    listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", elsewhere);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", elsewhere);
  };
}

export function useOwnKeys(): OwnKeys {
  return useSyncExternalStore(watch, ownKeys);
}

/** The keys of the project's task in a place, as they hold in this browser. */
export function useKeymap(place: Place = "label"): Keymap {
  const { ontology, media } = useQuery(projectQuery).data ?? {};
  const own = useOwnKeys();
  return useMemo(
    () => keymapOf(ontology?.task ?? "classification", ontology?.classes ?? [], own, place, media),
    [ontology, own, place, media],
  );
}
