/** One class for the whole asset: one key, next. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { className } from "../api/types";
import type { Command } from "../keys/actions";
import { useKeymap } from "../keys/keyStore";
import { ClassPanel } from "./ClassPanel";
import { Stage } from "./Stage";
import { useLabelKeys } from "./useLabelKeys";
import { useStopwatch } from "./useStopwatch";
import type { EditorProps } from "./Workplace";

export function ClassEditor({ project, scope, session, frame: Frame }: EditorProps) {
  const keymap = useKeymap();
  const { item, edited, state } = session;
  const watch = useStopwatch(item ? `${item.asset.id}/${edited?.submissionId ?? ""}` : null);
  const [flash, setFlash] = useState<string | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const shown = edited ? className(edited.value) : className(item?.prelabel);

  const choose = useCallback(
    (name: string) => {
      setFlash(name);
      session.decide("label", { type: "class", name }, watch.seconds());
    },
    [session, watch],
  );

  useEffect(() => {
    if (flash === null) return;
    const timer = window.setTimeout(() => setFlash(null), 160);
    return () => window.clearTimeout(timer);
  }, [flash]);

  const obey = useCallback(
    (command: Command): undefined => {
      if (command.kind === "class") choose(command.name);
      else if (command.kind === "accept" && shown !== null) choose(shown);
      else if (command.kind === "skip" || command.kind === "cannot_tell")
        session.decide(command.kind, null, watch.seconds());
      else if (command.kind === "undo") session.undo();
      else if (command.kind === "search") search.current?.focus();
      else if (command.kind === "back") session.step(-1);
      else if (command.kind === "forward") session.step(1);
      else if (command.kind === "leave") session.edit(null);
    },
    [choose, session, shown, watch],
  );
  useLabelKeys(keymap, obey, item !== null);

  const confidence = edited ? null : (item?.confidence ?? null);
  const marked = useMemo(
    () => new Map(shown === null ? [] : [[shown, confidence] as const]),
    [shown, confidence],
  );
  return (
    <Frame
      project={project}
      scope={scope}
      session={session}
      stage={item && <Stage item={item} edited={edited} session={state} />}
      panel={
        <ClassPanel
          keymap={keymap}
          disabled={item === null}
          canUndo={state.decisions.length > 0}
          obey={obey}
          classes={{
            scope,
            classes: project.ontology.classes,
            marked,
            flash,
            searchRef: search,
            choose,
          }}
        />
      }
    />
  );
}
