/** The selected assets of the catalog, cleared when the filter changes. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { pageQuery, type View } from "../api/queries";
import type { AssetCard } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import {
  add,
  MOST,
  nothing,
  pagesOf,
  rangeOf,
  type Selected,
  type Selection,
  toggle,
} from "./selection";
import { type AssetWindow, PAGE } from "./useAssetWindow";

const STEP = 500;

export type CatalogSelection = {
  ids: Selected;
  click: (index: number, card: AssetCard, shift: boolean) => void;
  clear: () => void;
  all: () => void;
  /** Let go of all but these. */
  keep: (ids: readonly string[]) => void;
};

export function useSelection(filter: View, window: AssetWindow): CatalogSelection {
  const client = useQueryClient();
  const [selection, setSelection] = useState<Selection>(nothing);
  const key = JSON.stringify(filter);
  const shown = useRef(key);

  useEffect(() => {
    if (shown.current === key) return;
    shown.current = key;
    setSelection(nothing);
  }, [key]);

  /** The cards of some pages, unless the filter has changed meanwhile or they cannot be had. */
  const fetched = useCallback(
    async (offsets: readonly number[], size: number): Promise<AssetCard[] | null> => {
      const cards: AssetCard[] = [];
      try {
        for (const offset of offsets)
          cards.push(...(await client.fetchQuery(pageQuery(filter, offset, size))).items);
      } catch (failure) {
        showFailure(failure);
        return null;
      }
      return shown.current === key ? cards : null;
    },
    [client, filter, key],
  );

  const range = useCallback(
    async (anchor: number, index: number) => {
      const [first, last] = rangeOf(anchor, index);
      // The pages of the grid, so that what is in sight is not asked for again.
      const offsets = pagesOf(first, last, PAGE, window.count);
      const cards = await fetched(
        offsets.map((offset) => window.start + offset),
        PAGE,
      );
      if (cards === null) return;
      const begin = offsets[0] ?? 0;
      const between = cards.slice(first - begin, last - begin + 1);
      if (index < anchor) between.reverse();
      setSelection((old) => add(old, between, index));
    },
    [fetched, window.count, window.start],
  );

  const click = useCallback(
    (index: number, card: AssetCard, shift: boolean) => {
      if (shift && selection.anchor !== null) void range(selection.anchor, index);
      else setSelection((old) => toggle(old, index, card));
    },
    [selection.anchor, range],
  );
  const clear = useCallback(() => setSelection(nothing), []);
  const keep = useCallback(
    (ids: readonly string[]) =>
      setSelection(({ ids: old, anchor }) => ({
        ids: new Map(ids.flatMap((id) => (old.has(id) ? [[id, old.get(id) ?? 0]] : []))),
        anchor: ids.length > 0 ? anchor : null,
      })),
    [],
  );
  const all = useCallback(async () => {
    const cards = await fetched(pagesOf(0, MOST - 1, STEP, window.total), STEP);
    if (cards !== null) setSelection(add(nothing, cards, null));
  }, [fetched, window.total]);

  return useMemo(
    () => ({ ids: selection.ids, click, clear, all: () => void all(), keep }),
    [selection.ids, click, clear, all, keep],
  );
}
