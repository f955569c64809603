/** Selecting in the grid. */
import { describe, expect, it } from "vitest";
import { add, MOST, nothing, pagesOf, rangeOf, toggle } from "./selection";
import { move } from "./useCatalogKeys";

const card = (at: number) => ({ id: `a${at}`, seq: at });
const cards = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => card(first + at));

describe("toggle", () => {
  it("selects one and lets it go, and keeps at which entry it was seen", () => {
    const once = toggle(nothing, 1, card(1));
    expect([...once.ids]).toEqual([["a1", 1]]);
    expect(toggle(once, 1, { id: "a1", seq: 9 }).ids.size).toBe(0);
  });

  it("stops at the most at a time", () => {
    const full = add(nothing, cards(0, MOST + 9), null);
    expect(full.ids.size).toBe(MOST);
    expect(toggle(full, 0, card(MOST + 3)).ids.size).toBe(MOST);
    expect(toggle(full, 0, card(3)).ids.size).toBe(MOST - 1);
  });
});

describe("rangeOf", () => {
  it("is the whole range in either direction, as far as may be from the anchor", () => {
    expect(rangeOf(4, 1_000)).toEqual([4, 1_000]);
    expect(rangeOf(1_000, 4)).toEqual([4, 1_000]);
    expect(rangeOf(10, 80_000)).toEqual([10, 10 + MOST - 1]);
    expect(rangeOf(80_000, 10)).toEqual([80_001 - MOST, 80_000]);
  });
});

describe("add", () => {
  it("leaves what is selected as it was seen", () => {
    const range = add(toggle(nothing, 1, { id: "a1", seq: 0 }), cards(1, 2), 2);
    expect([...range.ids]).toEqual([
      ["a1", 0],
      ["a2", 2],
    ]);
    expect(range.anchor).toBe(2);
  });
});

describe("pagesOf", () => {
  it("gives the pages that cover what is in sight, and none past the end", () => {
    expect(pagesOf(190, 410, 200, 1_000)).toEqual([0, 200, 400]);
    expect(pagesOf(0, 500, 200, 150)).toEqual([0]);
    expect(pagesOf(0, 10, 200, 0)).toEqual([]);
  });
});

describe("move", () => {
  it("walks by one and by rows, and stops at the ends", () => {
    expect(move("ArrowRight", 0, 5, 12)).toBe(1);
    expect(move("ArrowDown", 9, 5, 12)).toBe(11);
    expect(move("ArrowUp", 3, 5, 12)).toBe(0);
    expect(move("End", 3, 5, 12)).toBe(11);
    expect(move("x", 3, 5, 12)).toBeNull();
  });
});
