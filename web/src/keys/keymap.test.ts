/** Keys while labelling: who gets which, what a person changes, what is said against it. */
import { describe, expect, it } from "vitest";
import type { ClassDefinition } from "../api/types";
import { actionOf } from "./actions";
import { chordOf, isReserved, keysOfChord } from "./chords";
import { commandFor, complaints, editsNumber, keymapOf, withKey } from "./keymap";
import { readKeys } from "./keyStore";

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
  shiftKey: false,
  repeat: false,
  ...more,
});
const plain = keymapOf("classification", classes);

describe("commandFor", () => {
  it("gives a class its key, also in upper case", () => {
    expect(commandFor(press("1"), plain)).toEqual({ kind: "class", name: "boot" });
    expect(commandFor(press("U"), plain)).toEqual({ kind: "class", name: "bag" });
  });

  it("undoes with U only where no class has it, always with Backspace and Ctrl Z", () => {
    const without = keymapOf("classification", classes.slice(0, 1));
    expect(commandFor(press("u"), without)).toEqual({ kind: "undo" });
    expect(commandFor(press("Backspace"), plain)).toEqual({ kind: "undo" });
    expect(commandFor(press("z", { ctrlKey: true }), plain)).toEqual({ kind: "undo" });
    expect(commandFor(press("z", { metaKey: true }), plain)).toEqual({ kind: "undo" });
    expect(commandFor(press("Z", { metaKey: true, shiftKey: true }), plain)?.kind).toBe("redo");
  });

  it("does not label while a key is held down, or with a modifier", () => {
    expect(commandFor(press("1", { repeat: true }), plain)).toBeNull();
    expect(commandFor(press("1", { ctrlKey: true }), plain)).toBeNull();
    expect(commandFor(press("1", { altKey: true }), plain)).toBeNull();
  });

  it("knows skip, cannot tell, accept and search", () => {
    const kinds = [" ", "-", "Enter", "/"].map((key) => commandFor(press(key), plain)?.kind);
    expect(kinds).toEqual(["skip", "cannot_tell", "accept", "search"]);
  });

  it("tells what Enter does in the editor at hand, and names the shapes that it has", () => {
    const tasks = ["classification", "multi_label", "boxes", "polygons", "spans"] as const;
    expect(tasks.map((task) => actionOf("accept", task).text)).toEqual([
      "Accept the suggestion",
      "Submit",
      "Submit",
      "Submit, or close the polygon that is drawn",
      "Submit",
    ]);
    expect(actionOf("remove", "spans").group).toBe("Spans");
  });

  it("searches classes only where there are any", () => {
    expect(commandFor(press("/"), keymapOf("regression", []))).toBeNull();
    expect(commandFor(press("/"), keymapOf("spans", classes))?.kind).toBe("search");
  });

  it("moves shapes with arrows, and looks back with them where there are none", () => {
    const boxes = keymapOf("boxes", classes);
    expect(commandFor(press("ArrowLeft", { repeat: true }), boxes)?.kind).toBe("left");
    expect(commandFor(press("ArrowLeft", { shiftKey: true }), boxes)?.kind).toBe("far_left");
    expect(commandFor(press("PageUp"), boxes)?.kind).toBe("back");
    expect(commandFor(press("ArrowLeft"), plain)?.kind).toBe("back");
    expect(commandFor(press("["), boxes)?.kind).toBe("zoom_out");
    expect(commandFor(press("["), keymapOf("spans", classes))?.kind).toBe("shorter");
  });

  it("leaves digits, sign and caret to a number", () => {
    const numbers = keymapOf("regression", []);
    expect(commandFor(press("-"), numbers)).toBeNull();
    expect(numbers.keysOf("cannot_tell")).toEqual(["x"]);
    expect(["7", "-", "Backspace"].every((key) => editsNumber(press(key)))).toBe(true);
    expect(editsNumber(press("Enter"))).toBe(false);
  });
});

describe("own keys", () => {
  it("go before the classes' and the usual ones", () => {
    const own = { skip: ["1"], "class:bag": ["b"] };
    const map = keymapOf("classification", classes, own);
    expect(commandFor(press("1"), map)?.kind).toBe("skip");
    expect(commandFor(press(" "), map)).toBeNull();
    expect(commandFor(press("b"), map)).toEqual({ kind: "class", name: "bag" });
    expect(map.keysOf("class:boot")).toEqual([]);
  });

  it("tell who has a key already, and what browsers keep", () => {
    expect(complaints(plain, "skip", "1")).toEqual([{ kind: "taken", by: "class:boot" }]);
    expect(complaints(plain, "skip", "mod+w")).toEqual([{ kind: "reserved" }]);
    expect(complaints(plain, "skip", " ")).toEqual([]);
  });

  it("take a key away from who had it, and only that one", () => {
    const own = withKey(plain, {}, "skip", "Backspace");
    const map = keymapOf("classification", classes, own);
    expect(map.keysOf("skip")).toEqual(["Backspace"]);
    expect(map.keysOf("undo")).toEqual(["mod+z"]);
  });

  it("are read back, and nonsense is passed over", () => {
    expect(readKeys('{"skip":["s"],"undo":3}')).toEqual({ skip: ["s"] });
    expect(readKeys("{")).toEqual({});
  });
});

describe("chords", () => {
  it("are one word for a press", () => {
    expect(chordOf(press("Tab", { shiftKey: true }))).toBe("shift+Tab");
    expect(chordOf(press("?", { shiftKey: true }))).toBe("?");
    expect(chordOf(press("Shift"))).toBeNull();
    expect(keysOfChord("mod+shift++")).toEqual(["mod", "Shift", "+"]);
    expect(isReserved("F5")).toBe(true);
  });
});
