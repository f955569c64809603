/** The beginnings of texts and table rows of which only the ids are told. */
import { useQuery } from "@tanstack/react-query";
import { cardsQuery } from "../api/queries";
import type { Media } from "../api/types";

/** So many ids fit into one address. */
const MOST = 100;

/** By id; without those that are not there yet, and without pictures. */
export function useTexts(ids: readonly string[], media: Media): ReadonlyMap<string, string> {
  const { data } = useQuery({
    ...cardsQuery(ids.slice(0, MOST)),
    enabled: media !== "image" && ids.length > 0,
  });
  return new Map((data ?? []).map(({ id, text }) => [id, text ?? id]));
}

/** What a link to an asset does, with what is seen on it. */
export function openWords(asset: string, text: string | undefined): string {
  return text === undefined ? `Open ${asset}` : `Open ${asset}: ${text}`;
}
