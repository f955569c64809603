/** Which assets show which class, and which are offered as examples. */

/** The class by asset, and the text of those that have one, to show them again. */
export type Examples = Readonly<Record<string, { name: string; text: string | null }>>;

/** The same asset given the same class again is taken back. */
export function given(
  examples: Examples,
  asset: { id: string; text: string | null },
  name: string,
): Examples {
  const { [asset.id]: before, ...rest } = examples;
  if (before?.name === name) return rest;
  return { ...rest, [asset.id]: { name, text: asset.text } };
}

export function byClass(examples: Examples): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [id, { name }] of Object.entries(examples)) {
    const ids = found[name] ?? [];
    found[name] = [...ids, id];
  }
  return found;
}

export const OFFERED = 60;
const PLACES = 12;

/** Where in the catalog a sample is read: neighbours there are often of one folder. */
export function offsetsOf(total: number, sample: number): { offset: number; limit: number }[] {
  if (total <= OFFERED) return total > 0 ? [{ offset: 0, limit: total }] : [];
  const stretch = total / PLACES;
  const limit = OFFERED / PLACES;
  // The golden ratio spreads the samples that follow each other.
  const shift = ((sample * 0.618034) % 1) * (stretch - limit);
  return Array.from({ length: PLACES }, (_, at) => ({
    offset: Math.floor(at * stretch + shift),
    limit,
  }));
}
