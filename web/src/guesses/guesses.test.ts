/** First guesses: what is said of classes, which assets show them, and which are offered. */
import { describe, expect, it } from "vitest";
import { byClass, type Examples, given, offsetsOf } from "./examples";
import { readWords } from "./words";

describe("words of classes", () => {
  it("take the place of their names, and a name may hold a colon", () => {
    const told = readWords("boot: covers the ankle\n\nsize: small: for children\nbag:", [
      "boot",
      "size",
      "size: small",
      "bag",
    ]);
    expect(told.problem).toBeNull();
    expect(told.describe).toEqual({ boot: "covers the ankle", "size: small": "for children" });
  });

  it("of no class are told", () => {
    expect(readWords("boots: high", ["boot"]).problem).toContain("boots");
  });
});

describe("examples", () => {
  it("change their class, and the same class again takes them back", () => {
    const asset = { id: "a", text: null };
    let all: Examples = given({}, asset, "boot");
    all = given(all, { id: "b", text: "…" }, "bag");
    all = given(all, asset, "bag");
    expect(byClass(all)).toEqual({ bag: ["b", "a"] });
    expect(byClass(given(all, asset, "bag"))).toEqual({ bag: ["b"] });
  });

  it("are offered from all over the catalog, from elsewhere each time", () => {
    const first = offsetsOf(6_000, 0);
    expect(first[0]).toEqual({ offset: 0, limit: 5 });
    expect(first.at(-1)).toEqual({ offset: 5_500, limit: 5 });
    const next = offsetsOf(6_000, 1);
    expect(next[0]?.offset).not.toBe(first[0]?.offset);
    expect((next.at(-1)?.offset ?? 0) + 5).toBeLessThanOrEqual(6_000);
    expect(offsetsOf(7, 3)).toEqual([{ offset: 0, limit: 7 }]);
    expect(offsetsOf(0, 0)).toEqual([]);
  });
});
