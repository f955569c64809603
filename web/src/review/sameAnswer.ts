/** Whether two answers are the same, as votes of the server are counted: docs, quality. */
import type { Value } from "../api/types";
import { boundsOf, type Form, isInside, type Point } from "../shapes/forms";

type Mark = { name: string; form: Form } | { name: string; ends: string };

/** The IoU from which two boxes or polygons are the same, as `FITS` of the server. */
const FITS = 0.5;
/** Polygons are compared at so many places a side: what is shown needs no more. */
const PLACES = 64;

/** Boxes and polygons match one to one, spans to the character; order and confidence do not count. */
export function says(one: Value | null, other: Value | null): boolean {
  const [first, second] = [marksOf(one), marksOf(other)];
  if (first === null || second === null || one?.type !== other?.type)
    return plain(one) === plain(other);
  return first.length === second.length && matches(first, second) === first.length;
}

function plain(value: Value | null): string {
  if (value?.type === "classes") return JSON.stringify([...value.names].sort());
  return JSON.stringify(value, (key, part) => (key === "confidence" ? undefined : part));
}

function marksOf(value: Value | null): Mark[] | null {
  if (value?.type === "boxes")
    return value.boxes.map(({ name, box }) => ({ name, form: { kind: "box", ...box } }));
  if (value?.type === "polygons")
    return value.polygons.map(({ name, polygon }) => {
      const points = polygon.points.map(([x = 0, y = 0]): Point => [x, y]);
      return { name, form: { kind: "polygon", points } };
    });
  if (value?.type === "spans")
    return value.spans.map(({ name, span }) => ({ name, ends: `${span.start} ${span.end}` }));
  return null;
}

/** The most pairs that are the same, each mark in one of them: augmenting paths (Kuhn, 1955). */
function matches(first: readonly Mark[], second: readonly Mark[]): number {
  const taken = new Map<number, number>();
  function finds(at: number, tried: Set<number>): boolean {
    const mark = first[at];
    return second.some((other, place) => {
      if (!mark || tried.has(place) || !isSame(mark, other)) return false;
      tried.add(place);
      const holder = taken.get(place);
      if (holder !== undefined && !finds(holder, tried)) return false;
      taken.set(place, at);
      return true;
    });
  }
  return first.filter((_, at) => finds(at, new Set())).length;
}

function isSame(one: Mark, other: Mark): boolean {
  if (one.name !== other.name) return false;
  if ("ends" in one || "ends" in other)
    return "ends" in one && "ends" in other && one.ends === other.ends;
  return iou(one.form, other.form) >= FITS;
}

function iou(one: Form, other: Form): number {
  const [a, b] = [boundsOf(one), boundsOf(other)];
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  if (one.kind === "box" || other.kind === "box") {
    const both = width * height;
    return both / (a.width * a.height + b.width * b.height - both);
  }
  const [left, top] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const right = Math.max(a.x + a.width, b.x + b.width);
  const low = Math.max(a.y + a.height, b.y + b.height);
  let [both, either] = [0, 0];
  for (let column = 0.5; column < PLACES; column++)
    for (let row = 0.5; row < PLACES; row++) {
      const place: Point = [
        left + (column / PLACES) * (right - left),
        top + (row / PLACES) * (low - top),
      ];
      const [here, there] = [isInside(one.points, place), isInside(other.points, place)];
      if (here && there) both++;
      if (here || there) either++;
    }
  return either > 0 ? both / either : 0;
}
