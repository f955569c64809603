/** The beginnings of texts and table rows of which only the ids are told. */
import { useQueries } from "@tanstack/react-query";
import { cardsQuery } from "../api/queries";
import type { Media } from "../api/types";

/** So many ids fit into one address. */
const MOST = 100;

/** By id; without those that are not there yet, and without pictures. */
export function useTexts(ids: readonly string[], media: Media): ReadonlyMap<string, string> {
  const asked = media === "image" ? [] : parts(ids);
  const found = useQueries({ queries: asked.map((part) => cardsQuery(part)) });
  const cards = found.flatMap(({ data }) => data ?? []);
  return new Map(cards.map(({ id, text }) => [id, text ?? id]));
}

function parts(ids: readonly string[]): (readonly string[])[] {
  const starts = Array.from({ length: Math.ceil(ids.length / MOST) }, (_, at) => at * MOST);
  return starts.map((start) => ids.slice(start, start + MOST));
}

/** What a link to an asset does, with what is seen on it. */
export function openWords(asset: string, text: string | undefined): string {
  return text === undefined ? `Open ${asset}` : `Open ${asset}: ${text}`;
}
