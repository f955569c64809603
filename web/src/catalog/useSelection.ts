/** The selected assets of the catalog, cleared when the filter changes. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { pageQuery, type View } from "../api/queries";
import { nothing, type Selection, select } from "./selection";
import type { AssetWindow } from "./useAssetWindow";

/** "Select all" stops here; a bulk label beyond it deserves a script. */
export const MOST = 5_000;
const STEP = 500;

export type CatalogSelection = {
  ids: ReadonlySet<string>;
  click: (index: number, id: string, shift: boolean) => void;
  clear: () => void;
  all: () => void;
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

  const click = useCallback(
    (index: number, id: string, shift: boolean) =>
      setSelection((old) => select(old, { index, id, shift }, (at) => window.cardAt(at)?.id)),
    [window],
  );
  const clear = useCallback(() => setSelection(nothing), []);
  const all = useCallback(async () => {
    const ids = new Set<string>();
    const wanted = Math.min(window.total, MOST);
    for (let offset = 0; offset < wanted; offset += STEP) {
      const page = await client.fetchQuery(pageQuery(filter, offset, STEP));
      for (const card of page.items) if (ids.size < wanted) ids.add(card.id);
    }
    setSelection({ ids, anchor: null });
  }, [client, filter, window.total]);

  return useMemo(
    () => ({ ids: selection.ids, click, clear, all: () => void all() }),
    [selection.ids, click, clear, all],
  );
}
