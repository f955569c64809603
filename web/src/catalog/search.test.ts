/** The catalog's view survives the trip through the address bar. */
import { describe, expect, it } from "vitest";
import {
  filterCount,
  parseQueryString,
  readSearch,
  SORTS,
  sortsOf,
  toQuery,
  writeQueryString,
} from "./search";

describe("search", () => {
  it("comes back from the URL as it went in", () => {
    const search = {
      state: "labeled" as const,
      label: ["boot", "a&b=c"],
      difficulty: ["easy" as const, "hard" as const],
      min: 0.25,
      disagree: true,
      q: "rot 5",
      sort: "-confidence" as const,
      asset: "shirt/ä 1.png",
    };
    expect(readSearch(parseQueryString(writeQueryString(search)))).toEqual(search);
  });

  it("repeats keys for lists", () => {
    expect(writeQueryString({ label: ["boot", "bag"] })).toBe("?label=boot&label=bag");
    expect(writeQueryString({})).toBe("");
  });

  it("offers the orders that a task has", () => {
    expect(sortsOf("classification")).toEqual(SORTS);
    expect(sortsOf("boxes")).toEqual(["order", "hardest", "newest_label"]);
    expect(sortsOf("regression")).toEqual(["order", "newest_label"]);
  });

  it("leaves out what makes no sense", () => {
    const raw = {
      state: "lost",
      min: "7",
      max: "-1",
      round: "1.5",
      sort: "up",
      from: "x",
      difficulty: "odd",
    };
    expect(readSearch(raw)).toEqual({});
  });

  it("keeps a class that looks like a number a text", () => {
    expect(readSearch(parseQueryString("?label=7&q=12"))).toEqual({ label: ["7"], q: "12" });
  });

  it("tells the server only what it knows", () => {
    expect(toQuery({ min: 0.5, asset: "a", from: 200, q: "x" })).toEqual({
      min_confidence: 0.5,
      q: "x",
    });
  });

  it("counts a range as one filter and order as none", () => {
    expect(filterCount({ min: 0.1, max: 0.9, sort: "margin", asset: "a", label: ["b"] })).toBe(2);
  });
});
