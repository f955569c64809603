/** Drafts: every step can be undone and done again, and a reload loses none of them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Value } from "../api/types";
import { DraftBook } from "./draftBook";

const codec = {
  of: (value: Value | null) => (value?.type === "classes" ? [...value.names] : ([] as string[])),
};
const open = () => new DraftBook({ scope: "shop/ana", storage: window.localStorage, codec });
const label: Value = { type: "classes", names: ["boot"] };

beforeEach(() => window.localStorage.clear());

describe("DraftBook", () => {
  it("undoes and redoes each step of an asset by itself", () => {
    const book = open();
    book.change("a", null, ["boot"]);
    book.change("a", null, ["boot", "bag"]);
    book.change("b", null, ["hat"]);
    expect(book.undo("a", null)).toBe(true);
    expect(book.open("a", null).now).toEqual(["boot"]);
    expect(book.open("b", null).now).toEqual(["hat"]);
    expect(book.redo("a", null)).toBe(true);
    expect(book.open("a", null).now).toEqual(["boot", "bag"]);
    expect(book.redo("a", null)).toBe(false);
  });

  it("forgets what could be redone once something else is done", () => {
    const book = open();
    book.change("a", null, ["boot"]);
    book.undo("a", null);
    book.change("a", null, ["bag"]);
    expect(book.redo("a", null)).toBe(false);
  });

  it("has unsent work again after a reload, and none once it was submitted", () => {
    const book = open();
    book.change("a", null, ["boot"]);
    book.flush();
    expect(open().open("a", label).now).toEqual(["boot"]);
    expect(open().unsent("a", label)).toBe(true);
    book.forget("a");
    expect(open().unsent("a", label)).toBe(false);
  });

  it("begins with the label that holds, and with a newer one where nothing was changed", () => {
    const book = open();
    expect(book.open("a", label).now).toEqual(["boot"]);
    expect(book.unsent("a", label)).toBe(false);
    expect(book.open("a", { type: "classes", names: ["bag"] }).now).toEqual(["bag"]);
  });

  it("keeps an answer that was taken back as unsent work", () => {
    const book = open();
    book.takeBack("a", label);
    expect(book.open("a", null).now).toEqual(["boot"]);
    expect(book.unsent("a", null)).toBe(true);
  });

  it("says so when the browser has no room, and tries again", () => {
    let room = false;
    const storage = new Proxy(window.localStorage, {
      get: (real, name) => {
        if (name !== "setItem") return Reflect.get(real, name).bind?.(real);
        return (key: string, text: string) => {
          if (!room) throw new DOMException("full", "QuotaExceededError");
          real.setItem(key, text);
        };
      },
    });
    const book = new DraftBook({ scope: "shop/ana", storage, codec });
    book.change("a", null, ["boot"]);
    book.flush();
    expect(book.isFull).toBe(true);
    room = true;
    book.flush();
    expect(book.isFull).toBe(false);
    expect(open().open("a", null).now).toEqual(["boot"]);
  });

  it("takes a broken draft for none", () => {
    window.localStorage.setItem("querist-draft:shop/ana:a", "{");
    expect(open().open("a", null).now).toEqual([]);
  });
});
