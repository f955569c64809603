/** Annotorious, holding the one shape that is edited: its corners, edges and points are its part. */
import { createImageAnnotator, type ImageAnnotation, ShapeType } from "@annotorious/react";
import "@annotorious/react/annotorious-react.css";
import { boundsOf, boxBetween, type Form, type Point, sameForm } from "./forms";
import type { Shape } from "./shapesDraft";

/** Edits one shape at a time over a loaded picture. */
export class OneShape {
  private readonly annotator: ReturnType<
    typeof createImageAnnotator<ImageAnnotation, ImageAnnotation>
  >;
  private readonly watcher = new MutationObserver(() => this.quieten());
  private held: Shape | null = null;

  constructor(picture: HTMLImageElement) {
    this.annotator = createImageAnnotator(picture, { drawingEnabled: false, theme: "light" });
    this.annotator.element.style.display = "block";
    this.annotator.element.style.height = "100%";
    this.watcher.observe(this.annotator.element, { childList: true, subtree: true });
    this.quieten();
  }

  /** Hold `shape`, in its class's colour; null lets go. `anew` also when it seems the same. */
  hold(shape: Shape | null, colour: string, anew: boolean): void {
    const same =
      shape?.id === this.held?.id && (!shape || !this.held || sameForm(shape.form, this.held.form));
    this.annotator.setStyle({
      fill: colour as `#${string}`,
      fillOpacity: 0.18,
      stroke: colour as `#${string}`,
      strokeWidth: 3,
    });
    if (same && !anew) return;
    this.held = shape;
    this.annotator.setSelected();
    this.annotator.setAnnotations(shape ? [annotationOf(shape)] : [], true);
    if (shape) this.annotator.setSelected(shape.id, true);
  }

  /** The form that the hand has given to the shape, if it has. */
  changed(): { id: string; before: Form; form: Form } | null {
    if (!this.held) return null;
    const found = this.annotator.getAnnotationById(this.held.id);
    const form = found && formOf(found.target.selector);
    if (!form || sameForm(form, this.held.form)) return null;
    const { id, form: before } = this.held;
    this.held = { ...this.held, form };
    return { id, before, form };
  }

  /** Its handles are for the mouse: as nameless buttons they would only stand in Tab's way. */
  private quieten(): void {
    for (const part of this.annotator.element.querySelectorAll("svg[role], svg [role]")) {
      part.removeAttribute("role");
      part.setAttribute("tabindex", "-1");
    }
  }

  destroy(): void {
    this.watcher.disconnect();
    this.annotator.destroy();
  }
}

/** Whether an event belongs to the shape that is edited. */
export function isOnShape(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".a9s-annotation") !== null;
}

function annotationOf({ id, form }: Shape): ImageAnnotation {
  const box = boundsOf(form);
  const bounds = { minX: box.x, minY: box.y, maxX: box.x + box.width, maxY: box.y + box.height };
  const selector =
    form.kind === "box"
      ? {
          type: ShapeType.RECTANGLE,
          geometry: { x: box.x, y: box.y, w: box.width, h: box.height, bounds },
        }
      : {
          type: ShapeType.POLYGON,
          geometry: { points: form.points.map(([x, y]) => [x, y]), bounds },
        };
  return { id, bodies: [], target: { annotation: id, selector } } as unknown as ImageAnnotation;
}

type Selector = { type: string; geometry: unknown };

function formOf(selector: Selector): Form {
  if (selector.type === ShapeType.RECTANGLE) {
    const { x, y, w, h } = selector.geometry as { x: number; y: number; w: number; h: number };
    return boxBetween([x, y], [x + w, y + h]);
  }
  const { points } = selector.geometry as { points: readonly Point[] };
  return { kind: "polygon", points: points.map(([x, y]): Point => [x, y]) };
}
