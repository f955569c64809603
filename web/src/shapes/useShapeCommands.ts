/** What each key does to the shapes of a picture. */
import { type RefObject, useCallback, useRef } from "react";
import type { Draft } from "../drafts/useDraft";
import type { ActionId, Command } from "../keys/actions";
import { newId } from "../label/newId";
import type { Easel } from "./easel";
import { moved, resized, type Size } from "./forms";
import {
  accepted,
  added,
  changed,
  copyOf,
  cycled,
  labelOf,
  type Proposal,
  removed,
  type Shape,
  type ShapesDraft,
} from "./shapesDraft";

export type Bench = {
  task: "boxes" | "polygons";
  draft: Draft<ShapesDraft>;
  asset: string | null;
  selected: string | null;
  select: (id: string | null) => void;
  active: string | null;
  setActive: (name: string) => void;
  hidden: ReadonlySet<string>;
  hide: (name: string) => void;
  shown: readonly Proposal[];
  threshold: number;
  setThreshold: (threshold: number) => void;
  easel: RefObject<Easel | null>;
  search: RefObject<HTMLInputElement | null>;
  size: RefObject<Size>;
  /** Whether no shapes at all may be submitted now. */
  giveEmpty: () => boolean;
  /** Something was undone or redone. */
  undone: () => void;
};

const FAR = 10;
const ZOOM = 1.25;
const MOVES: Partial<Record<ActionId, readonly [number, number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
  far_left: [-FAR, 0],
  far_right: [FAR, 0],
  far_up: [0, -FAR],
  far_down: [0, FAR],
};
const SIZES: Partial<Record<ActionId, readonly [number, number]>> = {
  narrower: [-2, 0],
  wider: [2, 0],
  lower: [0, -2],
  taller: [0, 2],
};

/** The last copied shape, also for the next picture. */
let copied: { shape: Shape; asset: string | null } | null = null;

/** Returns false where a key means nothing now, so that the browser may have it. */
export function useShapeCommands(bench: Bench): (command: Command) => boolean {
  const latest = useRef(bench);
  latest.current = bench;
  return useCallback((command: Command) => {
    const now = latest.current;
    return (
      obeySketch(command, now) ??
      obeyView(command, now) ??
      obeyShape(command, now) ??
      obeyDraft(command, now)
    );
  }, []);
}

/** While a polygon is drawn a few keys mean its points. */
function obeySketch({ kind }: Command, { easel }: Bench): boolean | null {
  const board = easel.current;
  if (!board?.isSketching) return null;
  if (kind === "accept") board.closeSketch();
  else if (kind === "leave") board.cancelSketch();
  else if (kind === "undo" || kind === "erase" || kind === "remove") board.popSketch();
  else return null;
  return true;
}

function obeyView(command: Command, bench: Bench): boolean | null {
  const { easel, threshold, setThreshold, search } = bench;
  const shape = chosen(bench);
  switch (command.kind) {
    case "zoom_in":
    case "zoom_out":
      easel.current?.zoom(command.kind === "zoom_in" ? ZOOM : 1 / ZOOM);
      return true;
    case "whole":
      easel.current?.whole();
      return true;
    case "centre":
      if (shape) easel.current?.centre(shape.form);
      return true;
    case "hide": {
      const name = shape?.name ?? bench.active;
      if (name !== null) bench.hide(name);
      return true;
    }
    case "less":
    case "more": {
      const wanted = threshold + (command.kind === "less" ? -0.05 : 0.05);
      setThreshold(Math.round(Math.max(0, Math.min(1, wanted)) * 100) / 100);
      return true;
    }
    case "search":
      search.current?.focus();
      return true;
    default:
      return null;
  }
}

function obeyShape(command: Command, bench: Bench): boolean | null {
  const { draft, select, size } = bench;
  const shape = chosen(bench);
  const { kind } = command;
  if (kind === "class") {
    rename(command.name, bench);
    return true;
  }
  if (kind === "next" || kind === "previous") return cycle(kind === "next" ? 1 : -1, bench);
  if (kind === "add" || kind === "paste") return insert(kind, bench);
  if (!shape) return null;
  const isProposal = bench.shown.some(({ id }) => id === shape.id);
  if (kind === "remove" || kind === "erase") {
    if (bench.easel.current?.hasPoint) {
      bench.easel.current.removePoint();
      return true;
    }
    draft.change((old) => removed(old, shape.id));
    select(null);
    return true;
  }
  if (kind === "leave") {
    select(null);
    return true;
  }
  if (kind === "copy") {
    copied = { shape, asset: bench.asset };
    return true;
  }
  if (kind === "duplicate") {
    place(copyOf(shape, newId(), size.current, true), bench);
    return true;
  }
  if (isProposal) return null;
  const by = MOVES[kind] ?? SIZES[kind];
  if (!by) return null;
  draft.change((old) => {
    const held = old.shapes.find(({ id }) => id === shape.id);
    if (!held) return old;
    const alter = MOVES[kind] ? moved : resized;
    return changed(old, held.id, { form: alter(held.form, by[0], by[1], size.current) });
  });
  return true;
}

function obeyDraft(command: Command, bench: Bench): boolean {
  const { draft, shown, task } = bench;
  switch (command.kind) {
    case "accept": {
      const now = draft.latest();
      if (now && (now.shapes.length > 0 || bench.giveEmpty())) draft.submit(labelOf(task, now));
      return true;
    }
    case "take":
      draft.change((old) => accepted(old, shown));
      return true;
    case "erase":
    case "undo":
    case "redo":
      draft.obey({ kind: command.kind === "redo" ? "redo" : "undo" });
      bench.undone();
      return true;
    case "left":
      return draft.obey({ kind: "back" });
    case "right":
      return draft.obey({ kind: "forward" });
    default:
      return draft.obey(command);
  }
}

function chosen(bench: Bench): Shape | null {
  const shapes = bench.draft.latest()?.shapes ?? [];
  return [...shapes, ...bench.shown].find(({ id }) => id === bench.selected) ?? null;
}

/** A class key names the chosen shape, takes a chosen suggestion, and is that of the next shape. */
function rename(name: string, bench: Bench): void {
  bench.setActive(name);
  const proposal = bench.shown.find(({ id }) => id === bench.selected);
  if (proposal) {
    bench.draft.change((old) => accepted(old, [{ ...proposal, name }]));
    bench.select(`from-${proposal.id}`);
    return;
  }
  const shape = chosen(bench);
  if (shape && shape.name !== name) bench.draft.change((old) => changed(old, shape.id, { name }));
}

/** Tab belongs to the picture only while no control of the page has the focus. */
function cycle(direction: 1 | -1, bench: Bench): boolean {
  const focus = document.activeElement;
  if (focus !== null && focus !== document.body && focus.closest("aside, button, input, a"))
    return false;
  const shapes = bench.draft.latest()?.shapes.filter(({ name }) => !bench.hidden.has(name)) ?? [];
  const next = cycled([...shapes, ...bench.shown], bench.selected, direction);
  if (next === null) return false;
  bench.select(next);
  return true;
}

function insert(kind: "add" | "paste", bench: Bench): boolean {
  if (kind === "paste") {
    if (!copied) return false;
    const aside = copied.asset === bench.asset;
    const made = copyOf(copied.shape, newId(), bench.size.current, aside);
    if (aside) copied = { ...copied, shape: made };
    place(made, bench);
    return true;
  }
  const form = bench.easel.current?.middle();
  if (form && bench.active !== null) place({ id: newId(), name: bench.active, form }, bench);
  return true;
}

function place(shape: Shape, bench: Bench): void {
  bench.draft.change((old) => added(old, shape));
  bench.select(shape.id);
}
