/** Selecting in the grid. */
import { describe, expect, it } from "vitest";
import { nothing, pagesOf, select } from "./selection";
import { move } from "./useCatalogKeys";

const idAt = (index: number) => (index === 2 ? undefined : `a${index}`);

describe("select", () => {
  it("toggles one", () => {
    const once = select(nothing, { index: 1, id: "a1", shift: false }, idAt);
    expect([...once.ids]).toEqual(["a1"]);
    expect(select(once, { index: 1, id: "a1", shift: false }, idAt).ids.size).toBe(0);
  });

  it("adds the range from the last one with Shift, in either direction", () => {
    const first = select(nothing, { index: 4, id: "a4", shift: false }, idAt);
    const range = select(first, { index: 1, id: "a1", shift: true }, idAt);
    expect([...range.ids].sort()).toEqual(["a1", "a3", "a4"]);
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
