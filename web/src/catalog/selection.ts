/** Which assets are selected, and how clicks with Shift and Ctrl change that. */

/** The assets with the position in the label log at which each was seen. */
export type Selected = ReadonlyMap<string, number>;
export type Selection = { ids: Selected; anchor: number | null };
export type Seen = { id: string; seq: number };

export const nothing: Selection = { ids: new Map(), anchor: null };

/** No more at a time: a bulk label beyond it deserves a script. */
export const MOST = 5_000;

/** Select one asset or let it go; the next range begins there. */
export function toggle(selection: Selection, index: number, card: Seen): Selection {
  const ids = new Map(selection.ids);
  if (!ids.delete(card.id) && ids.size < MOST) ids.set(card.id, card.seq);
  return { ids, anchor: index };
}

/** Add assets, in their order, as far as they may be. */
export function add(selection: Selection, cards: Iterable<Seen>, anchor: number | null): Selection {
  const ids = new Map(selection.ids);
  for (const { id, seq } of cards) if (ids.size < MOST && !ids.has(id)) ids.set(id, seq);
  return { ids, anchor };
}

/** The positions of a range, in order: from the anchor as far as may be, whichever way. */
export function rangeOf(anchor: number, index: number): [first: number, last: number] {
  const far = Math.max(anchor - MOST + 1, Math.min(anchor + MOST - 1, index));
  return [Math.min(anchor, far), Math.max(anchor, far)];
}

/** Offsets of the pages of `size` that cover items `first` to `last`. */
export function pagesOf(first: number, last: number, size: number, total: number): number[] {
  const end = Math.min(last, total - 1);
  const offsets: number[] = [];
  for (let offset = Math.floor(first / size) * size; offset <= end; offset += size)
    offsets.push(offset);
  return offsets;
}
