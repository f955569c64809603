/** Which assets are selected, and how clicks with Shift and Ctrl change that. */

export type Selection = { ids: ReadonlySet<string>; anchor: number | null };

export const nothing: Selection = { ids: new Set(), anchor: null };

export type Click = { index: number; id: string; shift: boolean };

/** Toggle one asset, or add the range from the last one; `idAt` gives the loaded ids between. */
export function select(
  selection: Selection,
  click: Click,
  idAt: (index: number) => string | undefined,
): Selection {
  const ids = new Set(selection.ids);
  if (click.shift && selection.anchor !== null) {
    const [from, to] = [selection.anchor, click.index].sort((a, b) => a - b) as [number, number];
    for (let index = from; index <= to; index += 1) {
      const id = idAt(index);
      if (id !== undefined) ids.add(id);
    }
    return { ids, anchor: click.index };
  }
  if (ids.has(click.id)) ids.delete(click.id);
  else ids.add(click.id);
  return { ids, anchor: click.index };
}

/** Offsets of the pages of `size` that cover items `first` to `last`. */
export function pagesOf(first: number, last: number, size: number, total: number): number[] {
  const end = Math.min(last, total - 1);
  const offsets: number[] = [];
  for (let offset = Math.floor(first / size) * size; offset <= end; offset += size)
    offsets.push(offset);
  return offsets;
}
