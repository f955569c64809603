/** Any number of classes for the whole asset: keys switch them, Enter submits, none is an answer. */
import { useCallback, useMemo, useRef } from "react";
import type { Value } from "../api/types";
import { useDraft } from "../drafts/useDraft";
import type { Command } from "../keys/actions";
import { useKeymap } from "../keys/keyStore";
import { plural } from "../parts/format";
import { DraftFrame } from "./DraftFrame";
import { useEmptyAnswer } from "./useEmptyAnswer";
import { useLabelKeys } from "./useLabelKeys";
import type { EditorProps } from "./Workplace";

type Names = readonly string[];

const codec = {
  of: (value: Value | null): Names => (value?.type === "classes" ? value.names : []),
};

export function ClassesEditor(props: EditorProps) {
  const { project, session, drafts } = props;
  const keymap = useKeymap();
  const draft = useDraft(drafts, session, codec);
  const { item } = session;
  const search = useRef<HTMLInputElement>(null);
  const order = useMemo(
    () => new Map(project.ontology.classes.map(({ name }, at) => [name, at])),
    [project.ontology.classes],
  );

  const toggle = useCallback(
    (name: string) => draft.change((names) => toggled(names, name, order)),
    [draft, order],
  );
  const chosen = draft.now;
  const number = chosen?.length ?? 0;
  const waiting = item?.prelabel?.type === "classes" ? item.prelabel.names.length : 0;
  const { asked, give: giveEmpty } = useEmptyAnswer(session, number === 0 ? waiting : 0);
  const obey = useCallback(
    (command: Command): undefined => {
      const names = draft.latest();
      if (command.kind === "class") toggle(command.name);
      else if (command.kind === "accept") {
        if (names && (names.length > 0 || giveEmpty()))
          draft.submit({ type: "classes", names: [...names] });
      } else if (command.kind === "take") {
        const suggested = session.now()?.item.prelabel;
        if (suggested?.type === "classes") draft.change(() => suggested.names);
      } else if (command.kind === "search") search.current?.focus();
      else draft.obey(command);
    },
    [draft, session, toggle, giveEmpty],
  );
  useLabelKeys(keymap, obey, item !== null);

  const marked = useMemo(() => new Map(chosen?.map((name) => [name, 1] as const)), [chosen]);
  return (
    <DraftFrame
      {...props}
      draft={draft}
      keymap={keymap}
      obey={obey}
      asked={asked}
      submit={
        number === 0 ? "Submit: none of these" : `Submit ${plural(number, "class", "classes")}`
      }
      classes={{
        classes: project.ontology.classes,
        marked,
        toggles: true,
        searchRef: search,
        choose: toggle,
      }}
    />
  );
}

/** `names` with `name` switched, in the order of the ontology. */
export function toggled(names: Names, name: string, order: ReadonlyMap<string, number>): Names {
  if (names.includes(name)) return names.filter((other) => other !== name);
  const place = (other: string) => order.get(other) ?? order.size;
  return [...names, name].sort((a, b) => place(a) - place(b));
}
