/** Changes of classes as they are typed. */
import { describe, expect, it } from "vitest";
import { begin, changeOf, chosenAfter, kindsFor, lookalike, partsOf } from "./draft";
import { pick } from "./picking";

describe("a draft", () => {
  it("begins with the chosen classes, and a merge goes into the one with most labels", () => {
    expect(begin("rename", ["boot"], {})).toEqual({ kind: "rename", name: "boot", to: "boot" });
    expect(begin("merge", ["boot", "shoe"], { shoe: 3, boot: 2 })).toMatchObject({ into: "shoe" });
    expect(begin("rename", ["boot", "shoe"], {})).toBeNull();
    expect(begin("merge", ["boot"], {})).toBeNull();
    expect(begin("retire", [], {})).toBeNull();
    expect(kindsFor([])).toEqual([]);
  });

  it("tells a new name from one that looks like it, but not from its own", () => {
    const known = ["t-shirt", "boot", "C++"];
    expect(lookalike({ type: "add", name: "T Shirt" }, known)).toBe("t-shirt");
    expect(lookalike({ type: "rename", name: "boot", to: "Boot" }, known)).toBeNull();
    expect(lookalike({ type: "rename", name: "C++", to: "Boot" }, known)).toBe("boot");
    expect(lookalike({ type: "add", name: "shirt" }, known)).toBeNull();
    expect(lookalike({ type: "add", name: "C" }, known)).toBeNull();
    expect(lookalike({ type: "add", name: "_" }, ["-"])).toBeNull();
  });

  it("makes no change while something is missing", () => {
    expect(changeOf({ kind: "add", name: "  " })).toBeNull();
    expect(changeOf({ kind: "rename", name: "boot", to: "boot" })).toBeNull();
    expect(changeOf({ kind: "split", name: "boot", parts: "ankle boot\n\n" })).toBeNull();
    expect(changeOf({ kind: "merge", names: ["a", "b"], into: "" })).toBeNull();
  });

  it("trims what was typed and takes one part a line", () => {
    expect(changeOf({ kind: "rename", name: "boot", to: " shoe " })).toEqual({
      type: "rename",
      name: "boot",
      to: "shoe",
    });
    expect(partsOf(" ankle boot \r\n\nrain boot\n")).toEqual(["ankle boot", "rain boot"]);
  });

  it("says which class to look at afterwards", () => {
    expect(chosenAfter({ type: "merge", names: ["a", "b"], into: "c" })).toEqual(["c"]);
    expect(chosenAfter({ type: "split", name: "a", into: ["b", "c"] })).toEqual(["b"]);
    expect(chosenAfter({ type: "revert", version: 1 })).toEqual([]);
  });
});

describe("pick", () => {
  const names = ["a", "b", "c", "d"];
  const start = { names: new Set(["b"]), anchor: "b" };

  it("takes one alone, switches one, and takes a range from the last one", () => {
    expect([...pick(start, names, "d", "alone").names]).toEqual(["d"]);
    expect([...pick(start, names, "b", "alone").names]).toEqual([]);
    expect([...pick(start, names, "d", "switch").names]).toEqual(["b", "d"]);
    expect([...pick(start, names, "d", "range").names]).toEqual(["b", "c", "d"]);
    expect([...pick(start, names, "a", "range").names].sort()).toEqual(["a", "b"]);
  });
});
