/** Numbers as people write them. */
import { describe, expect, it } from "vitest";
import { readNumber, stepped } from "./numberText";

const any = { lowest: null, highest: null };

describe("a typed number", () => {
  it.each([
    ["1,5", 1.5],
    ["1.5", 1.5],
    [" 12 ", 12],
    ["-0,25", -0.25],
    ["1e3", 1000],
    ["1234,567", 1234.567],
    ["0,123", 0.123],
    ["1.234", 1.234],
    ["1,2345", 1.2345],
  ])("%j is %d", (text, number) => {
    expect(readNumber(text, any)).toEqual({ number, problem: null });
  });

  it.each(["1,234", "-12,345", "999,000"])("%j is refused: some would read another", (text) => {
    const { number, problem } = readNumber(text, any);
    expect(number).toBeNull();
    expect(problem).toContain(text.replace(",", ""));
    expect(problem).toContain(text.replace(",", "."));
  });

  it.each(["1 234", "1,234,567", "1.234,5", "0x10", "abc", "NaN", "Infinity", "1e999", "-", "."])(
    "%j is none, and says so",
    (text) => {
      const { number, problem } = readNumber(text, any);
      expect(number).toBeNull();
      expect(problem).toContain(`“${text}” is`);
    },
  );

  it("is held to a range, and whole where it has to be", () => {
    const share = { lowest: 0, highest: 100 };
    expect(readNumber("-5", share).problem).toBe("The lowest number is 0");
    expect(readNumber("101", share).problem).toBe("The highest number is 100");
    expect(readNumber("1,5", share, true).problem).toBe("“1,5” is not a whole number");
    expect(readNumber("1,234", any, true).problem).toContain("type 1234");
    expect(readNumber("", share)).toEqual({ number: null, problem: null });
  });
});

describe("an arrow key", () => {
  it("steps from what was typed, and leaves alone what is no number", () => {
    expect(stepped("1,5", 1, any)).toBe("2.5");
    expect(stepped("", 1, { lowest: 0, highest: 40 })).toBe("0");
    expect(stepped("1,234", 1, any)).toBe("1,234");
    expect(stepped("95", 2, { lowest: 0, highest: 100 }, 5)).toBe("100");
  });
});
