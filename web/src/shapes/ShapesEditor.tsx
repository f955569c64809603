/** Boxes or polygons on a picture: drawn by hand or by key, each with its class. */
import { useCallback, useMemo, useRef, useState } from "react";
import { useDraft } from "../drafts/useDraft";
import type { Command } from "../keys/actions";
import { useKeymap } from "../keys/keyStore";
import { DraftFrame } from "../label/DraftFrame";
import { newId } from "../label/newId";
import { useEmptyAnswer } from "../label/useEmptyAnswer";
import { useLabelKeys } from "../label/useLabelKeys";
import type { EditorProps } from "../label/Workplace";
import { hexOf, useClassColour } from "../parts/ClassChip";
import { plural } from "../parts/format";
import type { Easel } from "./easel";
import type { Form, Size } from "./forms";
import { ShapePanel } from "./ShapePanel";
import { ShapeStage } from "./ShapeStage";
import {
  added,
  changed,
  codec,
  countByClass,
  holdsAny,
  proposalsOf,
  type Shape,
  shownProposals,
} from "./shapesDraft";
import { useShapeCommands } from "./useShapeCommands";

const NOTHING: readonly Shape[] = [];
const FIRST_THRESHOLD = 0.5;

export function ShapesEditor(props: EditorProps) {
  const { project, session, drafts } = props;
  const keymap = useKeymap();
  const draft = useDraft(drafts, session, codec);
  const { item, edited } = session;
  const task = project.task === "polygons" ? "polygons" : "boxes";
  const { classes } = project.ontology;
  const classColour = useClassColour();
  const colour = useCallback((name: string) => hexOf(classColour(name)), [classColour]);
  const easel = useRef<Easel | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const size = useRef<Size>([1, 1]);

  const [chosen, setChosen] = useState<{ asset: string; id: string | null } | null>(null);
  const [active, setActive] = useState<string | null>(classes[0]?.name ?? null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => new Set());
  const [threshold, setThreshold] = useState(FIRST_THRESHOLD);
  const [undone, setUndone] = useState(0);

  const id = item?.asset.id ?? null;
  const selected = chosen !== null && chosen.asset === id ? chosen.id : null;
  const select = useCallback(
    (shape: string | null) => {
      const asset = session.now()?.item.asset.id;
      if (asset !== undefined) setChosen({ asset, id: shape });
    },
    [session],
  );
  const proposals = useMemo(
    () => (holdsAny(edited?.value) ? [] : proposalsOf(item?.prelabel)),
    [item?.prelabel, edited],
  );
  const { now } = draft;
  const shown = useMemo(
    () => (now ? shownProposals(proposals, now, threshold, hidden) : []),
    [proposals, now, threshold, hidden],
  );
  const hide = useCallback(
    (name: string) =>
      setHidden((names) => {
        const next = new Set(names);
        if (!next.delete(name)) next.add(name);
        return next;
      }),
    [],
  );

  const shapes = now?.shapes ?? NOTHING;
  const empty = useEmptyAnswer(session, shapes.length === 0 ? shown.length : 0);
  const obey = useShapeCommands({
    task,
    draft,
    selected,
    select,
    active,
    setActive,
    hidden,
    hide,
    shown,
    threshold,
    setThreshold,
    easel,
    search,
    size,
    asset: id,
    giveEmpty: empty.give,
    undone: () => setUndone((times) => times + 1),
  });
  useLabelKeys(keymap, obey, item !== null);

  const draw = useCallback(
    (form: Form) => {
      if (active === null) return;
      const shape = { id: newId(), name: active, form };
      draft.change((old) => added(old, shape));
      select(shape.id);
    },
    [draft, active, select],
  );
  const wishes = useMemo(
    () => ({
      kind: task === "boxes" ? ("box" as const) : ("polygon" as const),
      select,
      draw,
      edit: (shape: string, form: Form) => draft.change((old) => changed(old, shape, { form })),
      loaded: (found: Size) => {
        size.current = found;
      },
    }),
    [task, select, draw, draft],
  );
  const scene = useMemo(
    () => ({ shapes, proposals: shown, hidden, selected, colour, active }),
    [shapes, shown, hidden, selected, colour, active],
  );
  const counts = useMemo(() => countByClass(shapes), [shapes]);
  const current = [...shapes, ...shown].find((shape) => shape.id === selected)?.name ?? active;
  const marked = useMemo(() => new Map(current === null ? [] : [[current, 1] as const]), [current]);
  const tell = useCallback((command: Command) => void obey(command), [obey]);

  return (
    <DraftFrame
      {...props}
      draft={draft}
      keymap={keymap}
      stage={
        item && (
          <ShapeStage
            id={item.asset.id}
            scene={scene}
            undone={undone}
            wishes={wishes}
            easel={easel}
            keymap={keymap}
            obey={tell}
          />
        )
      }
      obey={tell}
      asked={empty.asked}
      submit={
        shapes.length === 0
          ? `Submit: no ${task}`
          : `Submit ${plural(shapes.length, task === "boxes" ? "box" : "polygon", task)}`
      }
      classes={{
        classes,
        marked,
        counts,
        hidden,
        hide,
        searchRef: search,
        choose: (name) => tell({ kind: "class", name }),
      }}
    >
      <ShapePanel
        task={task}
        shapes={shapes}
        proposals={proposals}
        shown={shown}
        selected={selected}
        active={active}
        threshold={threshold}
        setThreshold={setThreshold}
        keymap={keymap}
        obey={tell}
      />
    </DraftFrame>
  );
}
