/** The draft of the asset on the stage: changed by any editor, undone step by step, then submitted. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Value } from "../api/types";
import type { Command } from "../keys/actions";
import { PANEL } from "../label/ClassPanel";
import { usePurpose } from "../label/purpose";
import type { Stopwatch } from "../label/timer";
import type { LabelSession } from "../label/useLabelSession";
import { useStopwatch } from "../label/useStopwatch";
import { type Codec, DraftBook } from "./draftBook";

export type Draft<D> = {
  /** Null while there is no asset. */
  now: D | null;
  /** The same, read at this moment. */
  latest: () => D | null;
  unsent: boolean;
  /** Whether this browser has no room for it. */
  full: boolean;
  canUndo: boolean;
  change: (make: (draft: D) => D) => void;
  submit: (value: Value) => void;
  /** Skip, cannot tell, undo, redo and looking back, which are the same in every editor. */
  obey: (command: Command) => boolean;
};

export function useDraft<D>(scope: string, session: LabelSession, codec: Codec<D>): Draft<D> {
  const [book] = useState(() => new DraftBook<D>({ scope, storage: window.localStorage, codec }));
  useSyncExternalStore(book.subscribe, book.version);
  useEffect(() => {
    window.addEventListener("pagehide", book.flush);
    return () => {
      window.removeEventListener("pagehide", book.flush);
      book.flush();
    };
  }, [book]);

  const isFix = usePurpose().kind === "fix";
  const { item, edited, state } = session;
  const watch = useStopwatch(item ? `${item.asset.id}/${edited?.submissionId ?? ""}` : null);
  const base = edited?.value ?? null;
  const history = item && book.open(item.asset.id, base);

  const latest = useCallback(() => {
    const at = session.now();
    return at && book.open(at.item.asset.id, at.edited?.value ?? null).now;
  }, [book, session]);
  const change = useCallback<Draft<D>["change"]>(
    (make) => {
      const at = session.now();
      if (!at) return;
      const before = at.edited?.value ?? null;
      const old = book.open(at.item.asset.id, before).now;
      const made = make(old);
      if (made !== old) book.change(at.item.asset.id, before, made);
    },
    [book, session],
  );
  const submit = useCallback<Draft<D>["submit"]>(
    (value) => decide(book, session, watch, "label", value),
    [book, session, watch],
  );
  const obey = useCallback<Draft<D>["obey"]>(
    (command) => obeyAlways(command, book, session, watch, isFix),
    [book, session, watch, isFix],
  );
  return useMemo(
    () => ({
      now: history?.now ?? null,
      latest,
      unsent: item !== null && book.unsent(item.asset.id, base),
      full: book.isFull,
      canUndo: state.decisions.length > 0 || (history?.past.length ?? 0) > 0,
      change,
      submit,
      obey,
    }),
    [history, latest, item, base, book, state.decisions.length, change, submit, obey],
  );
}

function decide<D>(
  book: DraftBook<D>,
  session: LabelSession,
  watch: Stopwatch,
  action: "label" | "skip" | "cannot_tell",
  value: Value | null,
): void {
  const at = session.now();
  if (!at) return;
  session.decide(action, value, watch.seconds());
  book.forget(at.item.asset.id);
}

function obeyAlways<D>(
  command: Command,
  book: DraftBook<D>,
  session: LabelSession,
  watch: Stopwatch,
  isFix: boolean,
): boolean {
  if (isFix && (command.kind === "skip" || command.kind === "cannot_tell")) return true;
  const at = session.now();
  const base = at?.edited?.value ?? null;
  switch (command.kind) {
    case "skip":
    case "cannot_tell":
      decide(book, session, watch, command.kind, null);
      return true;
    case "undo": {
      if (at && book.undo(at.item.asset.id, base)) return true;
      const undone = session.undo();
      if (undone?.value) book.takeBack(undone.item.asset.id, undone.value);
      return true;
    }
    case "redo":
      if (at) book.redo(at.item.asset.id, base);
      return true;
    case "back":
    case "forward":
      session.step(command.kind === "back" ? -1 : 1);
      return true;
    case "leave":
      if (at?.edited) session.edit(null);
      else document.getElementById(PANEL)?.focus();
      return true;
    default:
      return false;
  }
}
