/** Cards by position in the current view: pages of 200, fetched when their rows come into sight. */
import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { pageQuery, type View } from "../api/queries";
import type { AssetCard } from "../api/types";
import { pagesOf } from "./selection";

export const PAGE = 200;
/** Browsers cap the height of an element; beyond this many assets the grid shows one window. */
export const WINDOW = 100_000;

export type AssetWindow = {
  total: number;
  start: number;
  count: number;
  cardAt: (index: number) => AssetCard | undefined;
  show: (first: number, last: number) => void;
};

/** `start` is the offset of the window's first asset; indices inside the window begin at 0. */
export function useAssetWindow(filter: View, start: number, total: number): AssetWindow {
  const count = Math.max(0, Math.min(WINDOW, total - start));
  const [range, setRange] = useState<[number, number]>([0, PAGE - 1]);
  const offsets = useMemo(() => pagesOf(range[0], range[1], PAGE, count), [range, count]);
  const pages = useQueries({
    queries: offsets.map((offset) => pageQuery(filter, start + offset, PAGE)),
    combine: (results) => results.map((result) => result.data?.items),
  });
  const byOffset = useMemo(
    () => new Map(offsets.map((offset, index) => [offset, pages[index]])),
    [offsets, pages],
  );
  const cardAt = useCallback(
    (index: number) => byOffset.get(Math.floor(index / PAGE) * PAGE)?.[index % PAGE],
    [byOffset],
  );
  const show = useCallback((first: number, last: number) => {
    setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
  }, []);
  return useMemo(
    () => ({ total, start, count, cardAt, show }),
    [total, start, count, cardAt, show],
  );
}
