import { describe, expect, it } from "vitest";
import { closer, moved, WHOLE } from "./closeLook";

const frame: [number, number] = [400, 300];

describe("looking closer", () => {
  it("keeps the point under the hand where it is", () => {
    const view = closer(WHOLE, 2, [100, 60], frame);
    expect(view).toEqual({ scale: 2, x: -100, y: -60 });
  });

  it("never shows less than the frame, nor leaves a gap at its edges", () => {
    expect(closer(WHOLE, 0.5, [100, 60], frame)).toEqual(WHOLE);
    const view = closer(WHOLE, 2, [0, 0], frame);
    expect(moved(view, [50, 50], frame)).toEqual({ scale: 2, x: 0, y: 0 });
    expect(moved(view, [-999, -999], frame)).toEqual({ scale: 2, x: -400, y: -300 });
    expect(closer(moved(view, [-400, -300], frame), 0.5, [0, 0], frame)).toEqual(WHOLE);
  });
});
