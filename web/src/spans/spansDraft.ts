/** The spans of one text while they are made, counted in code points as labels are. */
import type { Value } from "../api/types";
import type { Range } from "./words";

export type Span = Range & { id: string; name: string };
export type SpansDraft = readonly Span[];

export const codec = {
  of: (value: Value | null): SpansDraft => spansOf(value).map(({ confidence, ...span }) => span),
};

/** The suggestions of a pre-label. */
export function spansOf(value: Value | null | undefined): (Span & { confidence: number | null })[] {
  if (value?.type !== "spans") return [];
  return value.spans.map(({ name, span, confidence }, at) => ({
    id: `label-${at}`,
    name,
    start: span.start,
    end: span.end,
    confidence: confidence ?? null,
  }));
}

export function labelOf(draft: SpansDraft): Value {
  return {
    type: "spans",
    spans: draft.map(({ name, start, end }) => ({ name, span: { start, end }, confidence: null })),
  };
}

/** The spans in the order of the text, the longer first where two begin together. */
export function ordered(draft: SpansDraft): SpansDraft {
  return [...draft].sort((a, b) => a.start - b.start || b.end - a.end);
}

/** The span in whose way a range stands; null where it fits. */
export function inTheWay(
  draft: SpansDraft,
  range: Range,
  overlapping: boolean,
  self: string | null = null,
): Span | null {
  const meets = (span: Span) => span.start < range.end && range.start < span.end;
  const same = (span: Span) => span.start === range.start && span.end === range.end;
  return draft.find((span) => span.id !== self && (overlapping ? same : meets)(span)) ?? null;
}

export function withSpan(draft: SpansDraft, span: Span): SpansDraft {
  return ordered([...draft.filter(({ id }) => id !== span.id), span]);
}

export function without(draft: SpansDraft, id: string): SpansDraft {
  return draft.filter((span) => span.id !== id);
}

/** With the suggestions that fit between what is there already. */
export function taken(draft: SpansDraft, wanted: SpansDraft, overlapping: boolean): SpansDraft {
  return wanted.reduce(
    (made, span) =>
      inTheWay(made, span, overlapping) ? made : withSpan(made, { ...span, id: idOf(span) }),
    draft,
  );
}

/** The suggestions that would still be taken, in the order of the text. */
export function open(draft: SpansDraft, suggested: SpansDraft, overlapping: boolean): SpansDraft {
  const known = new Set(draft.map(({ id }) => id));
  const free = suggested.filter((span) => !known.has(idOf(span)));
  const would = new Set(taken(draft, free, overlapping).map(({ id }) => id));
  return free.filter((span) => would.has(idOf(span)));
}

/** The id that a suggestion has once it is taken. */
function idOf({ id }: Span): string {
  return `from-${id}`;
}
