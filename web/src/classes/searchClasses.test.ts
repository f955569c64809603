/** Finding classes, and remembering those that were used last. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ClassDefinition } from "../api/types";
import { recentNames, remember } from "./recents";
import { searchClasses } from "./searchClasses";

const named = (...names: string[]): ClassDefinition[] =>
  names.map((name) => ({ name, hotkey: null, colour: "#000000", description: "" }));
const names = (found: readonly ClassDefinition[]) => found.map((item) => item.name);

describe("searchClasses", () => {
  const classes = named("ankle boot", "boots", "boot", "bag");

  it("puts the very name first, then what begins with the text, then what holds it", () => {
    expect(names(searchClasses(classes, "boot"))).toEqual(["boot", "boots", "ankle boot"]);
  });

  it("wants every word and gives all for nothing", () => {
    expect(names(searchClasses(classes, "boot ankle"))).toEqual(["ankle boot"]);
    expect(searchClasses(classes, " ")).toHaveLength(4);
  });
});

describe("recents", () => {
  beforeEach(() => window.localStorage.clear());

  it("keep the last six, newest first, each once, by project", () => {
    for (const name of ["a", "b", "c", "d", "e", "f", "g", "c"]) remember("shop", name);
    expect(recentNames("shop")).toEqual(["c", "g", "f", "e", "d", "b"]);
    expect(recentNames("zoo")).toEqual([]);
  });
});
