/** The picture on its stage: panned, zoomed and drawn on by hand. React only tells it what to show. */
import {
  boundsOf,
  boxBetween,
  clipped,
  dragged,
  type Form,
  type Point,
  type Polygon,
  type Size,
  sameForm,
} from "./forms";
import { isOnShape, OneShape } from "./oneShape";
import { paint, type Scene } from "./paint";
import styles from "./shapes.module.css";
import { type Shape, under } from "./shapesDraft";
import { centred, panned, toPicture, type View, whole, zoomed } from "./viewport";

export type Wishes = {
  /** What a hand draws; null where the shapes are only looked at. */
  kind: "box" | "polygon" | null;
  select: (id: string | null) => void;
  draw: (form: Form) => void;
  edit: (id: string, form: Form) => void;
  loaded: (size: Size) => void;
  failed: () => void;
};

type Press = { at: Point; mode: "pan" | "edit" | "draw" };

/** A hand that moves less than this, in CSS pixels, has clicked. */
const STILL = 4;
/** A polygon is closed within this distance of its first point. */
const NEAR = 10;

export class Easel {
  /** What is to be told to the page; replaced whenever the page is drawn. */
  wishes: Wishes;
  private readonly root: HTMLElement;
  private readonly sheet = document.createElement("div");
  private readonly canvas = document.createElement("canvas");
  private readonly watcher: ResizeObserver;
  private readonly ended = new AbortController();
  private one: OneShape | null = null;
  private scene: Omit<Scene, "hovered" | "sketch"> | null = null;
  private hovered: string | null = null;
  private sketch: Form | null = null;
  private picture: Size | null = null;
  private stage: Size = [1, 1];
  private view: View = { scale: 1, x: 0, y: 0 };
  private isWhole = true;
  private press: Press | null = null;
  private frame = 0;
  private pictures = 0;

  constructor(root: HTMLElement, wishes: Wishes) {
    this.root = root;
    this.wishes = wishes;
    this.sheet.className = styles.sheet ?? "";
    this.canvas.className = styles.canvas ?? "";
    root.replaceChildren(this.sheet, this.canvas);
    this.watcher = new ResizeObserver(() => this.measure());
    this.watcher.observe(root);
    this.measure();
    const { signal } = this.ended;
    const first = { signal, capture: true };
    root.addEventListener("pointerdown", (event) => this.down(event), first);
    root.addEventListener("pointermove", (event) => this.move(event), first);
    root.addEventListener("pointerup", (event) => this.up(event), first);
    root.addEventListener("pointercancel", () => this.letGo(), first);
    root.addEventListener("pointerleave", () => this.hover(null), { signal });
    root.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    root.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  }

  /** Put another picture on the stage. */
  async load(source: string, name: string): Promise<void> {
    this.pictures += 1;
    const turn = this.pictures;
    this.clear();
    const image = new Image();
    image.alt = name;
    image.draggable = false;
    image.src = source;
    try {
      await image.decode();
    } catch {
      if (turn === this.pictures) this.wishes.failed();
      return;
    }
    if (turn !== this.pictures) return;
    this.sheet.replaceChildren(image);
    this.picture = [image.naturalWidth, image.naturalHeight];
    this.one = new OneShape(image);
    this.root.dataset.ready = name;
    this.whole();
    this.wishes.loaded(this.picture);
    this.hold(true);
  }

  /** Show these shapes; `anew` after an undo, which Annotorious has also heard of. */
  show(scene: Omit<Scene, "hovered" | "sketch">, anew: boolean): void {
    this.scene = scene;
    this.hold(anew);
    this.draw();
  }

  whole(): void {
    if (!this.picture) return;
    this.isWhole = true;
    this.look(whole(this.picture, this.stage));
  }

  zoom(factor: number, at: Point = [this.stage[0] / 2, this.stage[1] / 2]): void {
    if (!this.picture) return;
    this.isWhole = false;
    const least = whole(this.picture, this.stage).scale / 2;
    this.look(zoomed(this.view, factor, at, least));
  }

  centre(form: Form): void {
    this.isWhole = false;
    this.look(centred(this.view, boundsOf(form), this.stage));
  }

  /** A form in the middle of what can be seen, to begin with by keyboard. */
  middle(): Form | null {
    if (!this.picture) return null;
    const [x, y] = toPicture(this.view, [this.stage[0] / 2, this.stage[1] / 2]);
    const half = Math.min(...this.stage) / this.view.scale / 10;
    const box = boxBetween([x - half, y - half], [x + half, y + half]);
    if (this.wishes.kind === "box") return clipped(box, this.picture);
    const points: Point[] = [
      [x, y - half],
      [x + half, y],
      [x, y + half],
      [x - half, y],
    ];
    return clipped({ kind: "polygon", points }, this.picture);
  }

  get isSketching(): boolean {
    return this.sketch !== null;
  }

  /** Whether a single point of the polygon is chosen; removing then means that point. */
  get hasPoint(): boolean {
    return this.sheet.querySelector(".a9s-handle-selected") !== null;
  }

  /** Take the chosen point out of the polygon; Annotorious listens on its own drawing. */
  removePoint(): void {
    const drawing = this.sheet.querySelector("svg");
    drawing?.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete" }));
    window.setTimeout(() => this.readBack(), 30);
  }

  /** The polygon that is being drawn becomes a shape, if it has three points. */
  closeSketch(): void {
    const sketch = this.sketch;
    this.sketch = null;
    this.draw();
    if (sketch?.kind !== "polygon") return;
    const points = sketch.points.slice(0, -1);
    if (points.length >= 3) this.finish({ kind: "polygon", points });
  }

  /** One point back; the first takes the polygon with it. */
  popSketch(): void {
    if (this.sketch?.kind !== "polygon") return;
    const points = this.sketch.points;
    const hand = points.at(-1);
    const rest = points.slice(0, -2);
    this.sketch = rest.length > 0 && hand ? { kind: "polygon", points: [...rest, hand] } : null;
    this.draw();
  }

  cancelSketch(): void {
    this.sketch = null;
    this.draw();
  }

  /** Tell of a change that Annotorious made by itself. */
  private readBack(): void {
    const changed = this.one?.changed();
    if (!changed || !this.picture) return;
    const form = dragged(changed.before, changed.form, this.picture);
    if (form && !sameForm(form, changed.before)) this.wishes.edit(changed.id, form);
    else this.hold(true);
  }

  destroy(): void {
    this.ended.abort();
    this.watcher.disconnect();
    cancelAnimationFrame(this.frame);
    this.pictures += 1;
    this.clear();
    this.root.replaceChildren();
  }

  private clear(): void {
    this.one?.destroy();
    this.one = null;
    this.picture = null;
    this.sketch = null;
    this.press = null;
    this.hovered = null;
    this.sheet.replaceChildren();
    delete this.root.dataset.ready;
    this.draw();
  }

  private hold(anew: boolean): void {
    const { scene } = this;
    if (!scene || !this.one) return;
    const found = scene.shapes.find(({ id }) => id === scene.selected) ?? null;
    const shown = found && !scene.hidden.has(found.name) ? found : null;
    this.one.hold(shown, shown ? scene.colour(shown.name) : "#000000", anew);
  }

  private down(event: PointerEvent): void {
    this.root.focus({ preventScroll: true });
    if (!this.picture || event.button > 2) return;
    const at = this.place(event);
    const pans = event.button !== 0 || event.altKey || this.wishes.kind === null;
    const edits = !pans && !this.sketch && isOnShape(event.target);
    this.press = { at, mode: pans ? "pan" : edits ? "edit" : "draw" };
    if (edits) return;
    event.stopPropagation();
    event.preventDefault();
    this.root.setPointerCapture(event.pointerId);
    if (pans) this.root.dataset.panning = "";
  }

  private move(event: PointerEvent): void {
    const at = this.place(event);
    const { press } = this;
    if (press?.mode === "pan") {
      this.isWhole = false;
      this.look(panned(this.view, at[0] - press.at[0], at[1] - press.at[1]));
      press.at = at;
    } else if (press?.mode === "draw" && this.wishes.kind === "box") {
      if (this.sketch || apart(at, press.at) >= STILL)
        this.sketch = boxBetween(toPicture(this.view, press.at), toPicture(this.view, at));
      this.draw();
    } else if (this.sketch?.kind === "polygon") {
      const points = [...this.sketch.points.slice(0, -1), toPicture(this.view, at)];
      this.sketch = { kind: "polygon", points };
      this.draw();
    } else if (!press) this.hover(this.find(at, null)?.id ?? null);
  }

  private up(event: PointerEvent): void {
    const { press } = this;
    const at = this.place(event);
    this.letGo();
    if (!press || press.mode === "pan") return;
    const still = apart(at, press.at) < STILL;
    if (press.mode === "edit") {
      if (still && !event.shiftKey) this.click(at);
      // Annotorious hears of the release after us.
      requestAnimationFrame(() => this.readBack());
      requestAnimationFrame(() => this.root.focus({ preventScroll: true }));
      return;
    }
    event.stopPropagation();
    if (this.sketch?.kind === "box") {
      const { sketch } = this;
      this.sketch = null;
      this.draw();
      this.finish(sketch);
    } else if (this.sketch?.kind === "polygon") this.point(this.sketch, press.at);
    else if (still) {
      if (!event.shiftKey && this.click(at)) return;
      if (this.wishes.kind === "polygon") this.begin(press.at);
      else this.wishes.select(null);
    }
  }

  /** Choose what lies under the hand; false where nothing does. */
  private click(at: Point): boolean {
    const found = this.find(at, this.scene?.selected ?? null);
    if (!found) return false;
    if (found.id !== this.scene?.selected) this.wishes.select(found.id);
    return true;
  }

  private begin(at: Point): void {
    const point = toPicture(this.view, at);
    this.sketch = { kind: "polygon", points: [point, point] };
    this.wishes.select(null);
    this.draw();
  }

  private point(sketch: Polygon, at: Point): void {
    const points = sketch.points.slice(0, -1);
    const ends = [points[0], points.at(-1)].filter((point) => point !== undefined);
    if (ends.some((end) => apart(this.onStage(end), at) < NEAR)) {
      if (points.length >= 3) this.closeSketch();
      return;
    }
    const point = toPicture(this.view, at);
    this.sketch = { kind: "polygon", points: [...points, point, point] };
    this.draw();
  }

  private finish(form: Form): void {
    const cut = this.picture && clipped(form, this.picture);
    if (cut) this.wishes.draw(cut);
  }

  private letGo(): void {
    this.press = null;
    delete this.root.dataset.panning;
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    if (!event.ctrlKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.isWhole = false;
      this.look(panned(this.view, -event.deltaX, -event.deltaY));
    } else this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), this.place(event));
  }

  private hover(id: string | null): void {
    if (id === this.hovered) return;
    this.hovered = id;
    this.root.dataset.over = id ?? "";
    this.draw();
  }

  private find(at: Point, selected: string | null): Shape | null {
    const { scene } = this;
    if (!scene) return null;
    const seen = scene.shapes.filter(({ name }) => !scene.hidden.has(name));
    return under([...seen, ...scene.proposals], toPicture(this.view, at), selected);
  }

  private look(view: View): void {
    this.view = view;
    this.draw();
  }

  private measure(): void {
    const { clientWidth, clientHeight } = this.root;
    this.stage = [Math.max(1, clientWidth), Math.max(1, clientHeight)];
    const density = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.stage[0] * density);
    this.canvas.height = Math.round(this.stage[1] * density);
    if (this.isWhole) this.whole();
    this.draw();
  }

  /** Once a frame, whatever has changed meanwhile. */
  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const { view, picture, sheet } = this;
      if (picture) {
        const [width, height] = picture.map((side) => `${side * view.scale}px`);
        if (sheet.style.width !== width) sheet.style.width = width ?? "";
        if (sheet.style.height !== height) sheet.style.height = height ?? "";
        sheet.style.transform = `translate(${view.x}px, ${view.y}px)`;
        sheet.style.imageRendering = view.scale > 4 ? "pixelated" : "auto";
      }
      const scene = this.scene ?? NOTHING;
      const shown = picture ? scene : NOTHING;
      paint(
        this.canvas,
        { ...shown, hovered: this.hovered, sketch: this.sketch },
        view,
        this.stage,
      );
    });
  }

  private place(event: MouseEvent): Point {
    const box = this.root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private onStage([x, y]: Point): Point {
    return [x * this.view.scale + this.view.x, y * this.view.scale + this.view.y];
  }
}

const NOTHING: Omit<Scene, "hovered" | "sketch"> = {
  shapes: [],
  proposals: [],
  hidden: new Set(),
  selected: null,
  colour: () => "#000000",
  active: null,
};

function apart([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(ax - bx, ay - by);
}
