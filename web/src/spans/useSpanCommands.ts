/** What each key does to the spans of a text. */
import { type RefObject, useCallback, useRef } from "react";
import type { Draft } from "../drafts/useDraft";
import type { Command } from "../keys/actions";
import { newId } from "../label/newId";
import type { Focus } from "./SpansEditor";
import {
  inTheWay,
  labelOf,
  ordered,
  type Span,
  type SpansDraft,
  taken,
  without,
  withSpan,
} from "./spansDraft";
import {
  endMoved,
  nextWord,
  type Range,
  toCodePoints,
  toPositions,
  widened,
  wordsOf,
} from "./words";

type Bench = {
  draft: Draft<SpansDraft>;
  text: string;
  selected: string | null;
  cursor: Range | null;
  look: (at: Partial<Focus>) => void;
  active: string | null;
  setActive: (name: string) => void;
  setProblem: (problem: string | null) => void;
  /** The suggestions that are neither taken nor in the way of what is there. */
  suggested: readonly Span[];
  /** Whether no spans at all may be submitted now. */
  giveEmpty: () => boolean;
  overlapping: boolean;
  search: RefObject<HTMLInputElement | null>;
};

/** `obey` returns false where a key means nothing now; `draw` makes a span of the active class. */
export function useSpanCommands(bench: Bench) {
  const latest = useRef(bench);
  latest.current = bench;
  const obey = useCallback((command: Command) => {
    const now = latest.current;
    return obeyCursor(command, now) ?? obeySpan(command, now) ?? obeyDraft(command, now);
  }, []);
  const draw = useCallback((range: Range) => {
    const now = latest.current;
    if (now.active !== null) make(range, now.active, now);
  }, []);
  return { obey, draw };
}

function obeyCursor({ kind }: Command, bench: Bench): boolean | null {
  const { text, look } = bench;
  const span = chosen(bench);
  const from = bench.cursor ?? (span && toPositions(text, span));
  switch (kind) {
    case "left":
    case "right":
      look({ cursor: nextWord(wordsOf(text), from, kind === "right" ? 1 : -1) });
      return true;
    case "far_left":
    case "far_right":
      look({ cursor: widened(wordsOf(text), from, kind === "far_right" ? 1 : -1) });
      return true;
    case "leave":
      if (!from) return null;
      look({});
      return true;
    case "search":
      bench.search.current?.focus();
      return true;
    default:
      return null;
  }
}

function obeySpan(command: Command, bench: Bench): boolean | null {
  const { draft, text, cursor, look } = bench;
  const span = chosen(bench);
  const { kind } = command;
  if (kind === "class") {
    bench.setActive(command.name);
    if (cursor) make(cursor, command.name, bench);
    else if (span && span.name !== command.name)
      draft.change((old) => withSpan(old, { ...span, name: command.name }));
    return true;
  }
  if (kind === "next" || kind === "previous") return cycle(kind === "next" ? 1 : -1, bench);
  if (kind === "shorter" || kind === "longer") {
    const by = kind === "longer" ? 1 : -1;
    if (cursor) look({ cursor: endMoved(text, cursor, by) });
    else if (span) {
      const range = toCodePoints(text, endMoved(text, toPositions(text, span), by));
      if (fits(range, span.id, bench)) draft.change((old) => withSpan(old, { ...span, ...range }));
    }
    return true;
  }
  if (span && (kind === "remove" || kind === "erase")) {
    draft.change((old) => without(old, span.id));
    look({});
    return true;
  }
  return null;
}

function obeyDraft(command: Command, bench: Bench): boolean {
  const { draft } = bench;
  bench.setProblem(null);
  switch (command.kind) {
    case "accept": {
      const now = draft.latest();
      if (now && (now.length > 0 || bench.giveEmpty())) draft.submit(labelOf(ordered(now)));
      return true;
    }
    case "take":
      draft.change((old) => taken(old, bench.suggested, bench.overlapping));
      return true;
    case "erase":
      return draft.obey({ kind: "undo" });
    default:
      return draft.obey(command);
  }
}

function chosen({ draft, selected }: Bench): Span | null {
  return draft.latest()?.find(({ id }) => id === selected) ?? null;
}

function make(range: Range, name: string, bench: Bench): void {
  const points = toCodePoints(bench.text, range);
  if (!fits(points, null, bench)) return;
  const span = { id: newId(), name, ...points };
  bench.draft.change((old) => withSpan(old, span));
  bench.look({ selected: span.id });
}

function fits(range: Range, self: string | null, bench: Bench): boolean {
  const other = inTheWay(bench.draft.latest() ?? [], range, bench.overlapping, self);
  if (!other) return true;
  const { start, end } = toPositions(bench.text, other);
  bench.setProblem(`“${bench.text.slice(start, end)}” is in the way; spans may not overlap here`);
  return false;
}

/** Tab belongs to the text only while no control of the page has the focus. */
function cycle(direction: 1 | -1, { draft, selected, look }: Bench): boolean {
  if (document.activeElement?.closest("aside, button, input, a")) return false;
  const spans = draft.latest() ?? [];
  if (spans.length === 0) return false;
  const at = spans.findIndex(({ id }) => id === selected);
  const next = at === -1 ? (direction === 1 ? 0 : spans.length - 1) : at + direction;
  look({ selected: spans[(next + spans.length) % spans.length]?.id ?? null });
  return true;
}
