/** Boxes and polygons in pixels of the picture: their bounds, what they hold, how they are moved. */

export type Point = readonly [number, number];
export type Box = { kind: "box"; x: number; y: number; width: number; height: number };
export type Polygon = { kind: "polygon"; points: readonly Point[] };
export type Form = Box | Polygon;
export type Size = readonly [width: number, height: number];

/** Smaller than this in either direction is a slip of the hand, in pixels. */
export const SMALLEST = 2;
/** Less than this is no difference: forms are told to a tenth of a pixel. */
const ROUNDED = 0.05;

export function boundsOf(form: Form): Box {
  if (form.kind === "box") return form;
  const xs = form.points.map(([x]) => x);
  const ys = form.points.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { kind: "box", x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

export function holds(form: Form, [x, y]: Point): boolean {
  const box = boundsOf(form);
  const inside = x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;
  return inside && (form.kind === "box" || isInside(form.points, [x, y]));
}

/** By the even-odd rule. */
export function isInside(points: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  let [ax, ay] = points.at(-1) ?? [0, 0];
  for (const [bx, by] of points) {
    if (by > y !== ay > y && x < ((ax - bx) * (y - by)) / (ay - by) + bx) inside = !inside;
    [ax, ay] = [bx, by];
  }
  return inside;
}

export function areaOf(form: Form): number {
  const box = boundsOf(form);
  return box.width * box.height;
}

/** The box between two corners. */
export function boxBetween([ax, ay]: Point, [bx, by]: Point): Box {
  return {
    kind: "box",
    x: Math.min(ax, bx),
    y: Math.min(ay, by),
    width: Math.abs(ax - bx),
    height: Math.abs(ay - by),
  };
}

/** The form moved, as far as the picture goes. */
export function moved(form: Form, dx: number, dy: number, [width, height]: Size): Form {
  const box = boundsOf(form);
  const x = within(dx, -box.x, width - box.x - box.width);
  const y = within(dy, -box.y, height - box.y - box.height);
  return tidy(
    form.kind === "box"
      ? { ...form, x: form.x + x, y: form.y + y }
      : { ...form, points: form.points.map(([px, py]): Point => [px + x, py + y]) },
  );
}

/** The form with its lower right corner moved; the other corner stays. */
export function resized(form: Form, dx: number, dy: number, size: Size): Form {
  const box = boundsOf(form);
  const width = within(box.width + dx, SMALLEST, size[0] - box.x);
  const height = within(box.height + dy, SMALLEST, size[1] - box.y);
  if (form.kind === "box") return tidy({ ...form, width, height });
  const [sx, sy] = [width / (box.width || 1), height / (box.height || 1)];
  const points = form.points.map(
    ([px, py]): Point => [box.x + (px - box.x) * sx, box.y + (py - box.y) * sy],
  );
  return tidy({ ...form, points });
}

/** The form inside the picture and to a tenth of a pixel; null where hardly anything is left. */
export function clipped(form: Form, [width, height]: Size): Form | null {
  const at = ([x, y]: Point): Point => [within(x, 0, width), within(y, 0, height)];
  const cut: Form =
    form.kind === "box"
      ? boxBetween(at([form.x, form.y]), at([form.x + form.width, form.y + form.height]))
      : { ...form, points: form.points.map(at) };
  const box = boundsOf(cut);
  return box.width < SMALLEST || box.height < SMALLEST ? null : tidy(cut);
}

/** The form that a hand gave to `before`: a move keeps its size, anything else is cut at the edge. */
export function dragged(before: Form, after: Form, size: Size): Form | null {
  const by = shift(before, after);
  return by ? moved(before, by[0], by[1], size) : clipped(after, size);
}

/** How far all of a form went; null where its corners went different ways. */
function shift(before: Form, after: Form): Point | null {
  const [from, to] = [corners(before), corners(after)];
  const [[ax, ay] = [0, 0]] = from;
  const [[bx, by] = [0, 0]] = to;
  const [dx, dy] = [bx - ax, by - ay];
  const went = ([x, y]: Point, at: number) => {
    const [tx, ty] = to[at] ?? [Number.NaN, Number.NaN];
    return Math.abs(tx - x - dx) < ROUNDED && Math.abs(ty - y - dy) < ROUNDED;
  };
  return from.length === to.length && from.every(went) ? [dx, dy] : null;
}

function corners(form: Form): readonly Point[] {
  if (form.kind === "polygon") return form.points;
  const { x, y, width, height } = form;
  return [
    [x, y],
    [x + width, y + height],
  ];
}

export function sameForm(a: Form, b: Form): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function tidy<F extends Form>(form: F): F {
  return form.kind === "box"
    ? {
        ...form,
        x: tenth(form.x),
        y: tenth(form.y),
        width: tenth(form.width),
        height: tenth(form.height),
      }
    : { ...form, points: form.points.map(([x, y]): Point => [tenth(x), tenth(y)]) };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function within(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
