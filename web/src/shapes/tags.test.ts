/** Names of shapes stand where they hide neither small shapes nor each other. */
import { describe, expect, it } from "vitest";
import type { Box } from "./forms";
import { TAG_HEIGHT, type Tagged, tagPlaces } from "./tags";

const box = (x: number, y: number, width: number, height: number): Box => ({
  kind: "box",
  x,
  y,
  width,
  height,
});
const label = (of: Box): Tagged => ({ box: of, width: 40, side: "above" });
const model = (of: Box): Tagged => ({ box: of, width: 40, side: "below" });
const stage = [400, 300] as const;
const meet = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe("names of shapes", () => {
  it("stand above a label and below what a model says, also of the same box", () => {
    const same = box(100, 100, 60, 50);
    const [above, below] = tagPlaces([label(same), model(same)], stage);
    expect(above?.y).toBe(100 - TAG_HEIGHT - 1);
    expect(below?.y).toBe(151);
    const near = tagPlaces([label(same), model(box(102, 98, 60, 50))], stage);
    expect(near.map(({ y }) => y)).toEqual([83, 149]);
  });

  it("go to another side where a small shape lies, and hide no other name", () => {
    const small = box(100, 85, 12, 12);
    const all = [label(box(95, 105, 60, 50)), label(small), model(small)];
    const places = tagPlaces(all, stage);
    for (const place of places) expect(meet(place, small)).toBe(false);
    for (const [at, place] of places.entries())
      for (const other of places.slice(at + 1)) expect(meet(place, other)).toBe(false);
  });

  it("stay on the stage", () => {
    for (const of of [box(0, 0, 50, 50), box(360, 250, 40, 50), box(0, 0, 400, 300)]) {
      const [place] = tagPlaces([label(of)], stage);
      expect(place && place.x >= -1 && place.y >= 0).toBe(true);
      expect(place && place.x + place.width <= 402 && place.y + place.height <= 300).toBe(true);
    }
  });
});
