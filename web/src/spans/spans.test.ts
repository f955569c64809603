/** Spans: words of a text, code points of a label, and who stands in whose way. */
import { describe, expect, it } from "vitest";
import type { Value } from "../api/types";
import { codec, inTheWay, labelOf, open, taken, withSpan } from "./spansDraft";
import { endMoved, nextWord, toCodePoints, toPositions, trimmed, widened, wordsOf } from "./words";

const text = "Marie 🧪 Curie, Paris";
const words = wordsOf(text);
const said = (range: { start: number; end: number } | null) =>
  range && text.slice(range.start, range.end);

describe("words", () => {
  it("are walked through and taken in one by one", () => {
    const first = nextWord(words, null, 1);
    expect([said(first), said(nextWord(words, first, 1))]).toEqual(["Marie", "Curie"]);
    const two = widened(words, first, 1);
    expect(said(two)).toBe("Marie 🧪 Curie");
    expect(said(widened(words, two, -1))).toBe("Marie");
    expect(said(widened(words, first, -1))).toBe("Marie");
    expect(said(nextWord(words, null, -1))).toBe("Paris");
  });

  it("lose the blanks that the hand took with them", () => {
    expect(said(trimmed(text, { start: 5, end: 14 }))).toBe("🧪 Curie");
    expect(trimmed(text, { start: 5, end: 6 })).toBeNull();
  });

  it("count in code points in labels and in positions in the text", () => {
    const range = { start: 6, end: 14 };
    expect(toCodePoints(text, range)).toEqual({ start: 6, end: 13 });
    expect(toPositions(text, toCodePoints(text, range))).toEqual(range);
    expect(said(endMoved(text, { start: 0, end: 6 }, 1))).toBe("Marie 🧪");
    expect(said(endMoved(text, { start: 6, end: 8 }, -1))).toBe("🧪");
  });
});

describe("drafts of spans", () => {
  const label: Value = {
    type: "spans",
    spans: [
      { name: "person", span: { start: 0, end: 5 }, confidence: null },
      { name: "place", span: { start: 15, end: 20 }, confidence: null },
    ],
  };

  it("give back the label they were made of", () => {
    expect(labelOf(codec.of(label))).toEqual(label);
  });

  it("stand in each other's way unless the ontology lets them overlap", () => {
    const draft = codec.of(label);
    expect(inTheWay(draft, { start: 4, end: 9 }, false)?.name).toBe("person");
    expect(inTheWay(draft, { start: 4, end: 9 }, true)).toBeNull();
    expect(inTheWay(draft, { start: 0, end: 5 }, true)?.name).toBe("person");
    expect(inTheWay(draft, { start: 0, end: 9 }, false, "label-0")).toBeNull();
    expect(inTheWay(draft, { start: 5, end: 9 }, false)).toBeNull();
  });

  it("keep the order of the text, and take the suggestions that fit", () => {
    const draft = withSpan(codec.of(label), { id: "x", name: "thing", start: 6, end: 7 });
    expect(draft.map(({ id }) => id)).toEqual(["label-0", "x", "label-1"]);
    const more = [
      { id: "a", name: "person", start: 3, end: 6 },
      { id: "b", name: "person", start: 8, end: 13 },
    ];
    const all = taken(draft, open(draft, more, false), false);
    expect(all.map(({ id }) => id)).toEqual(["label-0", "x", "from-b", "label-1"]);
  });

  it("count down the suggestions: neither what is taken nor what finds no room waits", () => {
    const draft = codec.of(label);
    const more = [
      { id: "a", name: "person", start: 3, end: 6 },
      { id: "b", name: "person", start: 8, end: 13 },
      { id: "c", name: "thing", start: 12, end: 14 },
    ];
    expect(open(draft, more, false).map(({ id }) => id)).toEqual(["b"]);
    const done = taken(draft, open(draft, more, false), false);
    expect(open(done, more, false)).toEqual([]);
    const shorter = done.map((span) => (span.id === "from-b" ? { ...span, end: 10 } : span));
    expect(open(shorter, more, true).map(({ id }) => id)).toEqual(["a", "c"]);
  });
});
