/** Nobody passes over suggestions by one press too many, and nobody presses twice where there are none. */
import { beforeEach, describe, expect, it } from "vitest";
import { EmptyAnswer, GLANCE } from "./emptyAnswer";

let now = 0;
let answer: EmptyAnswer;
const at = (time: number, subject = "a") => {
  now = time;
  return answer.give(subject);
};
beforeEach(() => {
  now = 0;
  answer = new EmptyAnswer(() => now);
  answer.show("a", 3);
});

describe("an empty answer", () => {
  it("counts at once where no suggestion waits", () => {
    answer.show("b", 0);
    expect(at(1, "b")).toBe(true);
    expect(answer.isAsked).toBe(false);
  });

  it("beside suggestions is asked for, then given", () => {
    expect([at(1_000), answer.isAsked]).toEqual([false, true]);
    expect(at(1_000 + GLANCE)).toBe(true);
  });

  it("is not given by a second press in a hurry, however many follow", () => {
    at(1_000);
    expect([1_120, 1_300, 1_500, 1_700].map((time) => at(time))).toEqual(Array(4).fill(false));
    expect(at(1_700 + GLANCE)).toBe(true);
  });

  it("is not even asked for before anybody can have looked", () => {
    expect([at(120), answer.isAsked]).toEqual([false, false]);
    expect(at(GLANCE)).toBe(false);
    expect(answer.isAsked).toBe(true);
  });

  it("is asked for again when the suggestions are others, and of each asset", () => {
    at(1_000);
    answer.show("a", 2);
    expect([at(2_000), at(3_000)]).toEqual([false, true]);
    answer.show("b", 2);
    expect([at(4_000, "b"), at(5_000, "b")]).toEqual([false, true]);
  });

  it("is none about an asset that is not on the screen yet", () => {
    answer.show("a", 0);
    expect(at(1_000, "b")).toBe(false);
  });
});
