/** Where the names of shapes stand so that neither small shapes nor other names are covered. */
import type { Box, Size } from "./forms";

export type Tagged = {
  /** The shape, as it lies on the stage. */
  box: Box;
  /** How wide its name is. */
  width: number;
  /** Where the name stands if nothing is in the way. */
  side: "above" | "below";
};

export const TAG_HEIGHT = 16;
/** To leave the stage is worse than to cover what is on it, and another name worse than a shape. */
const OUTSIDE = 8;
const ON_A_NAME = 4;
/** A name leaves its usual side only for more than this: one edge beside another is no reason. */
const SLIGHT = 0.1;

/** A place for each name: beside its shape, where least of a small shape or another name is lost. */
export function tagPlaces(tagged: readonly Tagged[], stage: Size): Box[] {
  const taken: Box[] = [];
  for (const one of tagged) {
    let [best, least] = [placesOf(one)[0] as Box, Number.POSITIVE_INFINITY];
    for (const place of placesOf(one)) {
      let cost = OUTSIDE * (1 - shared(place, [0, 0, stage[0], stage[1]]) / areaOf(place));
      for (const name of taken) cost += (ON_A_NAME * over(place, name)) / areaOf(place);
      for (const { box } of tagged) cost += over(place, box) / Math.max(1, areaOf(box));
      if (cost < least - SLIGHT) [best, least] = [place, cost];
    }
    taken.push(best);
  }
  return taken;
}

/** Above and below, to the right and the left, and inside where all around is full. */
function placesOf({ box, width, side }: Tagged): Box[] {
  const at = (x: number, y: number): Box => ({ kind: "box", x, y, width, height: TAG_HEIGHT });
  const [above, below] = [box.y - TAG_HEIGHT - 1, box.y + box.height + 1];
  const right = box.x + box.width + 1;
  const [first, second] = side === "above" ? [above, below] : [below, above];
  const sides = [first, second].flatMap((y) => [at(box.x - 1, y), at(right - width, y)]);
  return [...sides, at(right, box.y), at(box.x - width - 1, box.y), at(box.x + 1, box.y + 1)];
}

function areaOf({ width, height }: Box): number {
  return width * height;
}

function over(place: Box, { x, y, width, height }: Box): number {
  return shared(place, [x, y, x + width, y + height]);
}

/** The area of `place` inside a frame of two corners. */
function shared(place: Box, [left, top, right, bottom]: readonly [number, number, number, number]) {
  const width = Math.min(place.x + place.width, right) - Math.max(place.x, left);
  const height = Math.min(place.y + place.height, bottom) - Math.max(place.y, top);
  return Math.max(0, width) * Math.max(0, height);
}
