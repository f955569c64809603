/** Answers that are the same to the server are the same on the screen. */
import { describe, expect, it } from "vitest";
import type { Value } from "../api/types";
import { says } from "./sameAnswer";

type At = [name: string, x: number, y: number, width: number, height: number];

const boxes = (...given: At[]): Value => ({
  type: "boxes",
  boxes: given.map(([name, x, y, width, height]) => ({ name, box: { x, y, width, height } })),
});
const triangle = (name: string, x: number): Value => ({
  type: "polygons",
  polygons: [
    {
      name,
      polygon: {
        points: [
          [x, 0],
          [x + 20, 0],
          [x, 20],
        ],
      },
    },
  ],
});
const spans = (...given: [string, number, number][]): Value => ({
  type: "spans",
  spans: given.map(([name, start, end]) => ({ name, span: { start, end } })),
});

describe("two answers", () => {
  it("are the same whatever the order of classes", () => {
    const names = (...given: string[]): Value => ({ type: "classes", names: given });
    expect(says(names("a", "b"), names("b", "a"))).toBe(true);
    expect(says(names("a"), names("b"))).toBe(false);
  });

  it("of boxes are the same where each covers one of the other by half", () => {
    const one = boxes(["a", 0, 0, 40, 40], ["b", 60, 0, 20, 20]);
    expect(says(one, boxes(["b", 62, 1, 20, 20], ["a", 3, 2, 40, 40]))).toBe(true);
    expect(says(one, boxes(["b", 62, 1, 20, 20], ["b", 3, 2, 40, 40]))).toBe(false);
    expect(says(one, boxes(["b", 62, 1, 20, 20], ["a", 30, 2, 40, 40]))).toBe(false);
    expect(says(one, boxes(["a", 0, 0, 40, 40]))).toBe(false);
    expect(says(boxes(), boxes())).toBe(true);
    expect(says(boxes(), null)).toBe(false);
  });

  it("find the matching with the most pairs, not the first one", () => {
    const wide: At = ["a", 0, 0, 30, 10];
    const left: At = ["a", 0, 0, 20, 10];
    const right: At = ["a", 10, 0, 25, 10];
    expect(says(boxes(wide, left), boxes(left, right))).toBe(true);
  });

  it("of polygons and spans likewise", () => {
    expect(says(triangle("a", 0), triangle("a", 1))).toBe(true);
    expect(says(triangle("a", 0), triangle("a", 12))).toBe(false);
    expect(says(spans(["a", 0, 4], ["b", 5, 9]), spans(["b", 5, 9], ["a", 0, 4]))).toBe(true);
    expect(says(spans(["a", 0, 4]), spans(["a", 0, 5]))).toBe(false);
  });
});
