/** Numbers as people read them. */
import { describe, expect, it } from "vitest";
import {
  duration,
  estimate,
  fileSize,
  percent,
  plural,
  points,
  shortId,
  timeLeft,
  unbroken,
  words,
} from "./format";

const plain = (text: string) => text.replaceAll("\u202f", " ");

describe("format", () => {
  it("writes shares with one digit and never rounds to certainty", () => {
    expect(plain(percent(0.9412))).toBe("94.1 %");
    expect(plain(percent(1))).toBe("100.0 %");
    expect(plain(percent(0.9999))).toBe(">99.9 %");
  });

  it("writes an estimate with its doubt", () => {
    expect(plain(estimate({ value: 0.941, low: 0.929, high: 0.953, count: 150 }))).toBe(
      "94.1 % ± 1.2",
    );
  });

  it("tells both ends of an interval that lies to one side of the value", () => {
    const told = (value: number, low: number, high: number) =>
      plain(estimate({ value, low, high, count: 24 }));
    expect(told(1, 0.862, 1)).toBe("100.0 % (86.2 to 100.0)");
    expect(told(0, 0, 0.138)).toBe("0.0 % (0.0 to 13.8)");
    expect(told(0.9, 0.7, 0.96)).toBe("90.0 % (70.0 to 96.0)");
    expect(told(0.98, 0.895, 0.9999)).toBe("98.0 % (89.5 to >99.9)");
    expect(told(0.833, 0.72, 0.907)).toBe("83.3 % ± 9.4");
    expect(told(0.418, 0.198, 0.573)).toBe("41.8 % (19.8 to 57.3)");
  });

  it("ends no line between a number and its % or ±", () => {
    const told = unbroken("78.3 % ± 7.3, audit of 120; 95 % interval 2 of 4. Or 3 more.");
    expect(told.replaceAll("\u00a0", "_")).toBe(
      "78.3_%_±_7.3, audit of 120; 95_% interval 2 of 4. Or 3 more.",
    );
  });

  it("signs differences", () => {
    expect([points(0.008), points(-0.031), points(0.0001)]).toEqual(["+0.8", "−3.1", "±0.0"]);
  });

  it("says times in the words one would use", () => {
    expect([0, 0.4, 42, 200, 3600, 4800].map(duration)).toEqual([
      "0 s",
      "<1 s",
      "42 s",
      "3 min",
      "1 h",
      "1 h 20 min",
    ]);
  });

  it("guesses the time left only once there is a pace", () => {
    expect(timeLeft(25, 100, 10)).toBe(30);
    expect(timeLeft(0, 100, 10)).toBeNull();
    expect(timeLeft(5, null, 10)).toBeNull();
  });

  it("counts in words", () => {
    expect([plural(1, "label"), plural(2_000, "label")]).toEqual(["1 label", "2,000 labels"]);
  });

  it("keeps the telling end of a long id, and reads names as words", () => {
    expect(shortId("a/b/c.png")).toBe("c.png");
    expect(shortId("x".repeat(40), 10)).toBe(`…${"x".repeat(9)}`);
    expect(words("next_round")).toBe("Next round");
  });

  it("tells the size of a file in the unit that suits it", () => {
    expect([0, 812, 3_400, 999_999, 2_500_000, 4e9].map(fileSize)).toEqual([
      "0 B",
      "812 B",
      "3.4 kB",
      "1000 kB",
      "2.5 MB",
      "4.0 GB",
    ]);
  });
});
