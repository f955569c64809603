/** Numbers are told as the server's sentences tell them: `tests/unit/test_schema_told.py` reads the same table. */
import { describe, expect, it } from "vitest";
import { doubt, money, percent, points } from "./format";
import told from "./told.json";

describe("a number in the app and in a sentence", () => {
  it.each(told.percent as [number, number, string][])(
    "is %s of one, %s digits",
    (share, digits, text) => {
      expect(percent(share, digits)).toBe(`${text}\u202f%`);
    },
  );

  it.each(told.points as [number, string][])("is a difference of %s", (difference, text) => {
    expect(points(difference)).toBe(text);
  });

  it.each(told.interval as [number, number, number, string][])(
    "is %s in an interval from %s to %s",
    (value, low, high, text) => {
      expect(doubt({ value, low, high, count: 400 })).toBe(text);
    },
  );

  it.each(told.money as [number, string | null, string][])(
    "is %s of the currency %s",
    (amount, currency, text) => {
      expect(money(amount, currency).replace("\u00a0", " ")).toBe(text);
    },
  );
});
