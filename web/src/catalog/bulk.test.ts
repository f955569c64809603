/** Bulk labels in parts, and what is told of them. */
import { describe, expect, it } from "vitest";
import { doneWords, inParts, leftWords, PART } from "./bulk";

const ids = Array.from({ length: 2 * PART + 1 }, (_, at) => `a${at}`);
const error = (code: string) => ({ code, message: "No such asset.", remedy: "", details: {} });

describe("inParts", () => {
  it("adds the parts up, and tells what changed from what is wrong", async () => {
    const told: number[] = [];
    const all = await inParts(
      ids,
      async (part) => ({
        stored: part.length - 1,
        unchanged: 0,
        conflicts: [
          { asset_id: part[0] ?? "", error: error(part.length > 1 ? "conflict" : "not_found") },
        ],
      }),
      (done) => told.push(done),
    );
    expect(told).toEqual([0, PART, 2 * PART]);
    expect(all).toMatchObject({ stored: 2 * PART - 2, changed: 2, refused: 1, rest: [] });
    expect(leftWords(all)).toBe(
      "2 had changed meanwhile and were left alone. 1 could not be stored: No such asset.",
    );
  });

  it("keeps what was stored before the connection broke, and says what is left", async () => {
    let asked = 0;
    const all = await inParts(
      ids,
      async (part) => {
        asked += 1;
        if (asked === 2) throw new Error("The server cannot be reached.");
        return { stored: part.length, unchanged: 0, conflicts: [] };
      },
      () => undefined,
    );
    expect(all.stored).toBe(PART);
    expect(all.rest).toEqual(ids.slice(PART));
    // The broken request may have stored some: an undo asks about them too.
    expect(all.asked).toEqual(ids.slice(0, 2 * PART));
  });
});

describe("words", () => {
  it("say what was done, to one and to many", () => {
    const value = { type: "class" as const, name: "boot" };
    expect(doneWords(1, { value, how: "replace" })).toBe("1 asset labelled boot");
    expect(doneWords(2_000, { value: null, how: "replace" })).toBe("2,000 assets skipped");
    const none = { stored: 0, changed: 0, refused: 0, problem: "" };
    const rest = { asked: [], failure: null, rest: [] };
    expect(leftWords({ ...none, ...rest, unchanged: 1 })).toBe("1 was so already.");
  });
});
