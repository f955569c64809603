/** Draws all shapes but the one that is edited on one canvas, however many there are. */
import { percent } from "../parts/format";
import { type Box, boundsOf, type Form, type Point, type Size } from "./forms";
import type { Proposal, Shape } from "./shapesDraft";
import { tagPlaces } from "./tags";
import type { View } from "./viewport";

export type Scene = {
  shapes: readonly Shape[];
  proposals: readonly Proposal[];
  hidden: ReadonlySet<string>;
  selected: string | null;
  hovered: string | null;
  /** What is being drawn, with the hand as its last point. */
  sketch: Form | null;
  colour: (name: string) => string;
  active: string | null;
};

/** With more shapes than this only the one under the hand has its name beside it. */
const NAMED = 40;
const DASH = [7, 5];

export function paint(canvas: HTMLCanvasElement, scene: Scene, view: View, stage: Size): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const density = window.devicePixelRatio || 1;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, stage[0], stage[1]);
  const seen = scene.shapes.filter(
    (shape) =>
      shape.id !== scene.selected && !scene.hidden.has(shape.name) && isSeen(shape, view, stage),
  );
  strokeByClass(context, seen, scene, view);
  const suggested = scene.proposals.filter((shape) => isSeen(shape, view, stage));
  context.setLineDash(DASH);
  strokeByClass(context, suggested, scene, view);
  context.setLineDash([]);
  const all = [...seen, ...suggested];
  const strong = all.filter(({ id }) => id === scene.hovered || id === scene.selected);
  emphasise(context, scene, view, strong);
  tag(context, all.length <= NAMED ? all : strong, scene, view, stage);
  if (scene.sketch) sketch(context, scene.sketch, scene.colour(scene.active ?? ""), view);
}

/** One path for each class: thousands of shapes are a handful of strokes. */
function strokeByClass(
  context: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  scene: Scene,
  view: View,
): void {
  const paths = new Map<string, Path2D>();
  for (const { name, form } of shapes) {
    const path = paths.get(name) ?? new Path2D();
    paths.set(name, path);
    trace(path, form, view);
  }
  for (const [name, path] of paths) {
    context.lineWidth = 3.5;
    context.strokeStyle = "rgb(0 0 0 / 45%)";
    context.stroke(path);
    context.lineWidth = 2;
    context.strokeStyle = scene.colour(name);
    context.stroke(path);
  }
}

function emphasise(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  strong: readonly Shape[],
): void {
  for (const shape of strong) {
    const path = new Path2D();
    trace(path, shape.form, view);
    context.globalAlpha = 0.22;
    context.fillStyle = scene.colour(shape.name);
    context.fill(path);
    context.globalAlpha = 1;
    context.lineWidth = shape.id === scene.selected ? 4 : 2.5;
    context.strokeStyle = scene.colour(shape.name);
    context.stroke(path);
  }
}

function sketch(context: CanvasRenderingContext2D, form: Form, colour: string, view: View): void {
  const path = new Path2D();
  trace(path, form, view, form.kind === "box");
  context.lineWidth = 3.5;
  context.strokeStyle = "rgb(255 255 255 / 85%)";
  context.stroke(path);
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.stroke(path);
  if (form.kind === "box") return;
  context.fillStyle = "#ffffff";
  for (const [at, point] of form.points.entries()) {
    const [x, y] = place(point, view);
    context.beginPath();
    context.arc(x, y, at === 0 ? 6 : 3.5, 0, Math.PI * 2);
    context.fill();
    context.stroke();
  }
}

function trace(path: Path2D, form: Form, view: View, close = true): void {
  if (form.kind === "box") {
    const [x, y] = place([form.x, form.y], view);
    path.rect(x, y, form.width * view.scale, form.height * view.scale);
    return;
  }
  for (const [at, point] of form.points.entries()) {
    const [x, y] = place(point, view);
    if (at === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  if (close) path.closePath();
}

/** Names on their class's colour, in black or white, whichever can be read; a model's say how sure. */
function tag(
  context: CanvasRenderingContext2D,
  shapes: readonly (Shape | Proposal)[],
  scene: Scene,
  view: View,
  stage: Size,
): void {
  context.font = "600 11px system-ui, sans-serif";
  const texts = shapes.map((one) =>
    "confidence" in one ? `${one.name} ${percent(one.confidence, 0)}` : one.name,
  );
  const places = tagPlaces(
    shapes.map((one, at) => ({
      box: onStage(boundsOf(one.form), view),
      width: Math.min(160, context.measureText(texts[at] ?? "").width + 10),
      side: "confidence" in one ? "below" : "above",
    })),
    stage,
  );
  for (const [at, { x, y, width, height }] of places.entries()) {
    const colour = scene.colour(shapes[at]?.name ?? "");
    context.fillStyle = colour;
    context.fillRect(x, y, width, height);
    context.fillStyle = isLight(colour) ? "#000000" : "#ffffff";
    context.fillText(texts[at] ?? "", x + 5, y + 12, 150);
  }
}

function onStage({ x, y, width, height }: Box, view: View): Box {
  const [left, top] = place([x, y], view);
  return {
    kind: "box",
    x: left,
    y: top,
    width: width * view.scale,
    height: height * view.scale,
  };
}

function isLight(colour: string): boolean {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  // ITU-R BT.601 luma.
  return 0.299 * (red ?? 0) + 0.587 * (green ?? 0) + 0.114 * (blue ?? 0) > 140;
}

function place([x, y]: Point, view: View): Point {
  return [x * view.scale + view.x, y * view.scale + view.y];
}

function isSeen({ form }: Shape, view: View, stage: Size): boolean {
  const box = boundsOf(form);
  const [left, top] = place([box.x, box.y], view);
  return (
    left < stage[0] &&
    top < stage[1] &&
    left + box.width * view.scale > 0 &&
    top + box.height * view.scale > 0
  );
}
