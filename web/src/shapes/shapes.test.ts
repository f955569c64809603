/** Shapes: geometry in pixels of the picture, and what becomes of suggestions. */
import { describe, expect, it } from "vitest";
import type { Value } from "../api/types";
import { boxBetween, clipped, dragged, type Form, holds, moved, resized } from "./forms";
import {
  accepted,
  added,
  codec,
  copyOf,
  cycled,
  labelOf,
  proposalsOf,
  removed,
  type Shape,
  shownProposals,
  under,
} from "./shapesDraft";
import { centred, toPicture, whole, zoomed } from "./viewport";

const box = (x: number, y: number, width: number, height: number): Form => ({
  kind: "box",
  x,
  y,
  width,
  height,
});
const shape = (id: string, form: Form, name = "car"): Shape => ({ id, name, form });
const size = [100, 80] as const;
const triangle: Form = {
  kind: "polygon",
  points: [
    [0, 0],
    [10, 0],
    [0, 10],
  ],
};

describe("forms", () => {
  it("hold what is inside, also of a polygon", () => {
    expect(holds(box(1, 1, 4, 4), [5, 5])).toBe(true);
    expect(holds(triangle, [2, 2])).toBe(true);
    expect(holds(triangle, [8, 8])).toBe(false);
  });

  it("stay inside the picture when they are moved, resized or drawn beyond it", () => {
    expect(moved(box(90, 0, 10, 10), 5, -3, size)).toEqual(box(90, 0, 10, 10));
    expect(resized(box(90, 70, 5, 5), 99, 2, size)).toEqual(box(90, 70, 10, 7));
    expect(clipped(boxBetween([-5, -5], [20.04, 10]), size)).toEqual(box(0, 0, 20, 10));
    expect(clipped(boxBetween([-5, -5], [1, 10]), size)).toBeNull();
  });

  it("keep their size when a hand moves them beyond the picture, and are cut when it resizes them", () => {
    const before = box(60, 50, 30, 20);
    expect(dragged(before, box(85, -20, 30, 20), size)).toEqual(box(70, 0, 30, 20));
    expect(dragged(before, box(60, 50, 70, 20), size)).toEqual(box(60, 50, 40, 20));
    const points = (...all: [number, number][]): Form => ({ kind: "polygon", points: all });
    const away = points([-5, 75], [5, 75], [-5, 85]);
    expect(dragged(triangle, away, size)).toEqual(points([0, 70], [10, 70], [0, 80]));
    const pulled = points([0, 0], [120, 0], [0, 10]);
    expect(dragged(triangle, pulled, size)).toEqual(points([0, 0], [100, 0], [0, 10]));
    const one = points([0, 0], [10, 0], [0, 10], [-4, 4]);
    expect(dragged(one, triangle, size)).toEqual(triangle);
  });

  it("of a polygon grow from the upper left corner", () => {
    const twice = resized(triangle, 10, 0, size);
    expect(twice).toMatchObject({
      points: [
        [0, 0],
        [20, 0],
        [0, 10],
      ],
    });
  });
});

describe("drafts of shapes", () => {
  const value: Value = {
    type: "boxes",
    boxes: [
      { name: "car", box: { x: 1, y: 2, width: 3, height: 4 }, confidence: 0.4 },
      { name: "bus", box: { x: 5, y: 5, width: 9, height: 9 }, confidence: 0.9 },
    ],
  };

  it("give back the label they were made of, without the model's confidence", () => {
    const again = labelOf("boxes", codec.of(value));
    expect(again).toEqual({
      type: "boxes",
      boxes: value.boxes.map((one) => ({ ...one, confidence: null })),
    });
  });

  it("show suggestions from the threshold on, of classes that are not hidden", () => {
    const proposals = proposalsOf(value);
    expect(proposals.map((one) => one.name)).toEqual(["bus", "car"]);
    const draft = codec.of(null);
    const shown = (threshold: number, ...hidden: string[]) =>
      shownProposals(proposals, draft, threshold, new Set(hidden)).map((one) => one.name);
    expect(shown(0.5)).toEqual(["bus"]);
    expect(shown(0, "bus")).toEqual(["car"]);
  });

  it("take suggestions over once, and refuse them for good", () => {
    const proposals = proposalsOf(value);
    const refused = removed(codec.of(null), "suggestion-0");
    const rest = shownProposals(proposals, refused, 0, new Set());
    const draft = accepted(refused, rest);
    expect(draft.shapes.map((one) => one.name)).toEqual(["bus"]);
    expect(shownProposals(proposals, draft, 0, new Set())).toEqual([]);
  });

  it("find what is under the hand: the smallest first, then what lies below it", () => {
    const shapes = [shape("big", box(0, 0, 50, 50)), shape("small", box(10, 10, 5, 5))];
    expect(under(shapes, [12, 12], null)?.id).toBe("small");
    expect(under(shapes, [12, 12], "small")?.id).toBe("big");
    expect(under(shapes, [12, 12], "big")?.id).toBe("small");
    expect(under(shapes, [80, 80], null)).toBeNull();
  });

  it("are walked through in a ring", () => {
    const { shapes } = added(added(codec.of(null), shape("a", triangle)), shape("b", triangle));
    expect([cycled(shapes, null, 1), cycled(shapes, "b", 1), cycled(shapes, null, -1)]).toEqual([
      "a",
      "a",
      "b",
    ]);
    expect(cycled([], "a", 1)).toBeNull();
  });

  it("copy beside the original, or in the same place of another picture", () => {
    const one = shape("a", box(0, 0, 5, 5));
    expect(copyOf(one, "b", size, true).form).toEqual(box(4, 4, 5, 5));
    expect(copyOf(one, "b", size, false).form).toEqual(one.form);
  });
});

describe("viewport", () => {
  const stage = [1048, 848] as const;

  it("shows the whole picture in the middle", () => {
    expect(whole([100, 80], stage)).toEqual({ scale: 10, x: 24, y: 24 });
  });

  it("keeps what is under the hand there while zooming", () => {
    const view = whole([100, 80], stage);
    const before = toPicture(view, [300, 200]);
    expect(toPicture(zoomed(view, 2, [300, 200], 1), [300, 200])).toEqual(before);
  });

  it("brings an object into the middle", () => {
    const view = centred(
      whole([100, 80], stage),
      { kind: "box", x: 10, y: 10, width: 2, height: 2 },
      stage,
    );
    const [x, y] = toPicture(view, [stage[0] / 2, stage[1] / 2]);
    expect([x, y].map((value) => Math.round(value * 10) / 10)).toEqual([11, 11]);
    expect(view.scale).toBe(20);
  });
});
