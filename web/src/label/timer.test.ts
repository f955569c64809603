/** The stopwatch counts work, not absence. */
import { beforeEach, describe, expect, it } from "vitest";
import { Stopwatch } from "./timer";

let now = 0;
let watch: Stopwatch;
beforeEach(() => {
  now = 0;
  watch = new Stopwatch(() => now);
  watch.restart();
});

describe("Stopwatch", () => {
  it("counts seconds since the last restart", () => {
    now = 2_340;
    expect(watch.seconds()).toBe(2.3);
    watch.restart();
    expect(watch.seconds()).toBe(0);
  });

  it("stands still while paused", () => {
    now = 1_000;
    watch.pause();
    now = 9_000;
    watch.resume();
    now = 10_500;
    expect(watch.seconds()).toBe(2.5);
  });

  it("counts no more than a minute without a touch", () => {
    now = 600_000;
    expect(watch.seconds()).toBe(60);
    watch.touch();
    now = 605_000;
    expect(watch.seconds()).toBe(65);
  });
});
