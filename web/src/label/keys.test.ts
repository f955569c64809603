/** Keys of the label page. */
import { describe, expect, it } from "vitest";
import type { ClassDefinition } from "../api/types";
import { commandFor, searchClasses } from "./keys";

const entry = (name: string, hotkey: string | null): ClassDefinition => ({
  name,
  hotkey,
  colour: "#000000",
  description: "",
});
const classes = [entry("boot", "1"), entry("bag", "u"), entry("ankle boot", null)];
const press = (key: string, more: object = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...more,
});

describe("commandFor", () => {
  it("gives a class its key, also in upper case", () => {
    expect(commandFor(press("1"), classes)).toEqual({ kind: "class", name: "boot" });
    expect(commandFor(press("U"), classes)).toEqual({ kind: "class", name: "bag" });
  });

  it("undoes with U only where no class has it, always with Backspace and Ctrl Z", () => {
    expect(commandFor(press("u"), classes.slice(0, 1))).toEqual({ kind: "undo" });
    expect(commandFor(press("Backspace"), classes)).toEqual({ kind: "undo" });
    expect(commandFor(press("z", { ctrlKey: true }), classes)).toEqual({ kind: "undo" });
    expect(commandFor(press("z", { metaKey: true }), classes)).toEqual({ kind: "undo" });
  });

  it("does not label while a key is held down, or with a modifier", () => {
    expect(commandFor(press("1", { repeat: true }), classes)).toBeNull();
    expect(commandFor(press("1", { ctrlKey: true }), classes)).toBeNull();
    expect(commandFor(press("1", { altKey: true }), classes)).toBeNull();
  });

  it("knows skip, cannot tell, accept and search", () => {
    const kinds = [" ", "-", "Enter", "/"].map((key) => commandFor(press(key), classes)?.kind);
    expect(kinds).toEqual(["skip", "cannot_tell", "accept", "search"]);
  });
});

describe("searchClasses", () => {
  it("puts what begins with the text before what holds it", () => {
    expect(searchClasses(classes, "boo").map((c) => c.name)).toEqual(["boot", "ankle boot"]);
  });

  it("wants every word and gives all for nothing", () => {
    expect(searchClasses(classes, "boot ankle").map((c) => c.name)).toEqual(["ankle boot"]);
    expect(searchClasses(classes, "  ")).toHaveLength(3);
  });
});
