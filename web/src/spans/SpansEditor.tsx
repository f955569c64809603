/** Spans of a text: words taken in by mouse or by arrow keys, each with its class. */
import { useCallback, useMemo, useRef, useState } from "react";
import { useDraft } from "../drafts/useDraft";
import type { Command } from "../keys/actions";
import { useKeymap } from "../keys/keyStore";
import { DraftFrame } from "../label/DraftFrame";
import { useEmptyAnswer } from "../label/useEmptyAnswer";
import { useLabelKeys } from "../label/useLabelKeys";
import type { EditorProps } from "../label/Workplace";
import { hexOf, useClassColour } from "../parts/ClassChip";
import { plural } from "../parts/format";
import { SpanPanel } from "./SpanPanel";
import { codec, open, type Span, spansOf } from "./spansDraft";
import { type Mark, TextStage } from "./TextStage";
import { useSpanCommands } from "./useSpanCommands";
import { type Range, toPositions, trimmed } from "./words";

const NOTHING: readonly Span[] = [];
/** How the words that the arrow keys have taken in are shown. */
const CURSOR = "cursor";

export function SpansEditor(props: EditorProps) {
  const { project, session, drafts } = props;
  const keymap = useKeymap();
  const draft = useDraft(drafts, session, codec);
  const { item, edited } = session;
  const { classes, limits } = project.ontology;
  const colour = useClassColour();
  const search = useRef<HTMLInputElement>(null);
  const [active, setActive] = useState<string | null>(classes[0]?.name ?? null);
  const [focus, setFocus] = useState<{ asset: string; at: Focus } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const id = item?.asset.id ?? null;
  const text = item?.asset.text ?? "";
  const { selected, cursor } = focus !== null && focus.asset === id ? focus.at : NOWHERE;
  const look = useCallback(
    (at: Partial<Focus>) => {
      const asset = session.now()?.item.asset.id;
      setProblem(null);
      if (asset !== undefined) setFocus({ asset, at: { ...NOWHERE, ...at } });
    },
    [session],
  );
  const spans = draft.now ?? NOTHING;
  const suggested = useMemo(
    // Beside the spans of an earlier decision suggestions would only repeat them.
    () =>
      spansOf(edited?.value).length > 0
        ? NOTHING
        : open(spans, spansOf(item?.prelabel), limits.overlapping),
    [item?.prelabel, edited, spans, limits.overlapping],
  );
  const empty = useEmptyAnswer(session, spans.length === 0 ? suggested.length : 0);
  const { obey, draw } = useSpanCommands({
    draft,
    text,
    selected,
    cursor,
    look,
    active,
    setActive,
    setProblem,
    suggested,
    giveEmpty: empty.give,
    overlapping: limits.overlapping,
    search,
  });
  useLabelKeys(keymap, obey, item !== null);

  const marks = useMemo(() => {
    const made: Mark[] = spans.map((span) => ({
      id: span.id,
      ...toPositions(text, span),
      colour: hexOf(colour(span.name)),
      chosen: span.id === selected,
    }));
    for (const span of suggested)
      made.push({
        id: `suggestion-${span.id}`,
        ...toPositions(text, span),
        colour: hexOf(colour(span.name)),
        chosen: false,
        faint: true,
      });
    if (cursor) made.push({ id: CURSOR, ...cursor, colour: "#4f4fc4", chosen: true });
    return made;
  }, [spans, suggested, text, colour, selected, cursor]);
  const wishes = useMemo(
    () => ({
      draw: (range: Range) => {
        const inside = trimmed(text, range);
        if (inside) draw(inside);
      },
      select: (span: string | null) => look({ selected: span === CURSOR ? null : span }),
    }),
    [draw, look, text],
  );
  const counts = useMemo(() => {
    const found = new Map<string, number>();
    for (const { name } of spans) found.set(name, (found.get(name) ?? 0) + 1);
    return found;
  }, [spans]);
  const chosen = spans.find((span) => span.id === selected) ?? null;
  const current = chosen?.name ?? active;
  const marked = useMemo(() => new Map(current === null ? [] : [[current, 1] as const]), [current]);
  const tell = useCallback((command: Command) => void obey(command), [obey]);

  return (
    <DraftFrame
      {...props}
      draft={draft}
      keymap={keymap}
      stage={item && <TextStage id={item.asset.id} text={text} marks={marks} wishes={wishes} />}
      obey={tell}
      asked={empty.asked}
      submit={spans.length === 0 ? "Submit: no spans" : `Submit ${plural(spans.length, "span")}`}
      classes={{
        classes,
        marked,
        counts,
        searchRef: search,
        choose: (name) => tell({ kind: "class", name }),
      }}
    >
      <SpanPanel
        text={text}
        spans={spans}
        chosen={chosen}
        cursor={cursor}
        active={active}
        problem={problem}
        suggested={suggested.length}
        keymap={keymap}
      />
    </DraftFrame>
  );
}

/** What is looked at: a span that exists, or words on the way to become one. */
export type Focus = { selected: string | null; cursor: Range | null };

const NOWHERE: Focus = { selected: null, cursor: null };
