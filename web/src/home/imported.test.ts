/** What an import brought, in words. */
import { describe, expect, it } from "vitest";
import { importWords } from "./imported";

const problems = (kind: string, number: number) =>
  Array.from({ length: number }, (_, at) => ({ name: `${kind}${at}`, kind, message: "" }));

describe("importWords", () => {
  it("tells what was left out, the most frequent kind first", () => {
    const left = [...problems("empty", 1), ...problems("duplicate", 10), ...problems("odd", 3)];
    expect(importWords({ added: 1_321, present: 0, problems: left })).toBe(
      "1,321 added, 14 left out: 10 copies, 3 odd, 1 empty",
    );
  });

  it("says so when nothing came", () => {
    expect(importWords({ added: 0, present: 0, problems: [] })).toBe("Nothing was added");
    expect(importWords({ added: 0, present: 5, problems: problems("duplicate", 1) })).toBe(
      "Nothing was added, 5 there already, 1 left out: 1 copy",
    );
  });
});
