/** The shapes of one picture while they are made, and the model's suggestions beside them. */
import type { ProjectInfo, Value } from "../api/types";
import { areaOf, type Form, holds, moved, type Point, type Size } from "./forms";

export type Shape = { id: string; name: string; form: Form };

/** A suggestion of the model; its id tells it from a shape that a person made. */
export type Proposal = Shape & { confidence: number };

export type ShapesDraft = {
  shapes: readonly Shape[];
  /** Suggestions that were accepted or refused. */
  settled: readonly string[];
};

export const codec = {
  of: (value: Value | null): ShapesDraft => ({
    shapes: read(value).map(({ name, form }, at) => ({ id: `label-${at}`, name, form })),
    settled: [],
  }),
};

/** The suggestions of a pre-label, the surest first. */
export function proposalsOf(value: Value | null | undefined): Proposal[] {
  return read(value ?? null)
    .map(({ name, form, confidence }, at) => ({
      id: `suggestion-${at}`,
      name,
      form,
      confidence: confidence ?? 1,
    }))
    .sort((a, b) => b.confidence - a.confidence);
}

/** Whether a label has a shape: beside those of an earlier decision suggestions would only repeat them. */
export function holdsAny(value: Value | null | undefined): boolean {
  return read(value ?? null).length > 0;
}

/** Suggestions that nobody has settled, of at least this confidence, of classes that are shown. */
export function shownProposals(
  proposals: readonly Proposal[],
  draft: ShapesDraft,
  threshold: number,
  hidden: ReadonlySet<string>,
): Proposal[] {
  const settled = new Set(draft.settled);
  return proposals.filter(
    (one) => one.confidence >= threshold && !settled.has(one.id) && !hidden.has(one.name),
  );
}

export function labelOf(task: ProjectInfo["task"], { shapes }: ShapesDraft): Value {
  if (task === "polygons")
    return {
      type: "polygons",
      polygons: shapes.flatMap(({ name, form }) =>
        form.kind === "polygon"
          ? [{ name, polygon: { points: form.points.map(([x, y]) => [x, y]) }, confidence: null }]
          : [],
      ) as Extract<Value, { type: "polygons" }>["polygons"],
    };
  return {
    type: "boxes",
    boxes: shapes.flatMap(({ name, form }) => {
      if (form.kind !== "box") return [];
      const { x, y, width, height } = form;
      return [{ name, box: { x, y, width, height }, confidence: null }];
    }),
  };
}

export function added(draft: ShapesDraft, shape: Shape): ShapesDraft {
  return { ...draft, shapes: [...draft.shapes, shape] };
}

export function changed(draft: ShapesDraft, id: string, part: Partial<Shape>): ShapesDraft {
  return {
    ...draft,
    shapes: draft.shapes.map((shape) => (shape.id === id ? { ...shape, ...part } : shape)),
  };
}

/** Without a shape; a suggestion is refused. */
export function removed(draft: ShapesDraft, id: string): ShapesDraft {
  if (!draft.shapes.some((shape) => shape.id === id))
    return { ...draft, settled: [...draft.settled, id] };
  return { ...draft, shapes: draft.shapes.filter((shape) => shape.id !== id) };
}

/** With suggestions made shapes, in one step that can be undone. */
export function accepted(draft: ShapesDraft, proposals: readonly Proposal[]): ShapesDraft {
  if (proposals.length === 0) return draft;
  const taken = proposals.map(({ id, name, form }) => ({ id: `from-${id}`, name, form }));
  return {
    shapes: [...draft.shapes, ...taken],
    settled: [...draft.settled, ...proposals.map(({ id }) => id)],
  };
}

/** A copy beside the original, or in its place where it comes from another picture. */
export function copyOf(shape: Shape, id: string, size: Size, aside: boolean): Shape {
  const by = aside ? Math.max(4, Math.round(Math.min(...size) / 50)) : 0;
  return { ...shape, id, form: moved(shape.form, by, by, size) };
}

/** The id one further (`1`) or one before (`-1`), round and round; null where there is nothing. */
export function cycled(
  shapes: readonly Shape[],
  selected: string | null,
  direction: 1 | -1,
): string | null {
  if (shapes.length === 0) return null;
  const at = shapes.findIndex((shape) => shape.id === selected);
  const next = at === -1 ? (direction === 1 ? 0 : shapes.length - 1) : at + direction;
  return shapes[(next + shapes.length) % shapes.length]?.id ?? null;
}

/** What lies under a point: the smallest first, and the next one where that is chosen already. */
export function under(
  shapes: readonly Shape[],
  point: Point,
  selected: string | null,
): Shape | null {
  const found = shapes
    .filter((shape) => holds(shape.form, point))
    .sort((a, b) => areaOf(a.form) - areaOf(b.form));
  const at = found.findIndex((shape) => shape.id === selected);
  return found[(at + 1) % Math.max(1, found.length)] ?? null;
}

/** How many shapes each class has. */
export function countByClass(shapes: readonly Shape[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of shapes) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function read(value: Value | null): { name: string; form: Form; confidence?: number | null }[] {
  if (value?.type === "boxes")
    return value.boxes.map(({ name, box, confidence }) => ({
      name,
      confidence,
      form: { kind: "box", x: box.x, y: box.y, width: box.width, height: box.height },
    }));
  if (value?.type === "polygons")
    return value.polygons.map(({ name, polygon, confidence }) => ({
      name,
      confidence,
      form: { kind: "polygon", points: polygon.points as unknown as Point[] },
    }));
  return [];
}
