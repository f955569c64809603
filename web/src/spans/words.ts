/** Where the words of a text are, in its own (UTF-16) positions, and what labels count: code points. */

export type Range = { start: number; end: number };

/** The words of a text in their order. */
export function wordsOf(text: string): Range[] {
  const segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  const words: Range[] = [];
  for (const { segment, index, isWordLike } of segments)
    if (isWordLike) words.push({ start: index, end: index + segment.length });
  return words;
}

/** The word one further (`1`) or one before (`-1`); from nowhere the first or the last. */
export function nextWord(
  words: readonly Range[],
  from: Range | null,
  direction: 1 | -1,
): Range | null {
  if (!from) return (direction === 1 ? words[0] : words.at(-1)) ?? null;
  if (direction === 1) return words.find((word) => word.start >= from.end) ?? from;
  return words.findLast((word) => word.end <= from.start) ?? from;
}

/** The range with one more word at its end (`1`), or one less (`-1`), never less than one. */
export function widened(words: readonly Range[], from: Range | null, direction: 1 | -1) {
  if (!from) return nextWord(words, null, direction);
  if (direction === 1) {
    const next = words.find((word) => word.end > from.end);
    return next ? { ...from, end: next.end } : from;
  }
  const last = words.findLast((word) => word.end < from.end && word.end > from.start);
  return last ? { ...from, end: last.end } : from;
}

/** Without blanks at either end; null where nothing else is in it. */
export function trimmed(text: string, { start, end }: Range): Range | null {
  const inside = text.slice(start, end);
  const from = start + (inside.length - inside.trimStart().length);
  const to = end - (inside.length - inside.trimEnd().length);
  return from < to ? { start: from, end: to } : null;
}

/** The end moved by one character, which may be two positions, within the text. */
export function endMoved(text: string, { start, end }: Range, direction: 1 | -1): Range {
  const characters = Array.from(direction === 1 ? text.slice(end) : text.slice(start, end));
  const one = (direction === 1 ? characters[0] : characters.at(-1)) ?? "";
  const moved = end + direction * one.length;
  return moved > start ? { start, end: moved } : { start, end };
}

/** A range in code points, as labels have it. */
export function toCodePoints(text: string, { start, end }: Range): Range {
  const before = Array.from(text.slice(0, start)).length;
  return { start: before, end: before + Array.from(text.slice(start, end)).length };
}

/** A range of a label in the text's own positions. */
export function toPositions(text: string, { start, end }: Range): Range {
  const characters = Array.from(text);
  const from = characters.slice(0, start).join("").length;
  return { start: from, end: from + characters.slice(start, end).join("").length };
}
