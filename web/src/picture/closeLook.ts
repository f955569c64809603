/** How close a picture is looked at: the whole of it is scale 1, and it never leaves its frame. */
import type { Point, Size } from "../shapes/forms";
import { panned, type View, zoomed } from "../shapes/viewport";

export const WHOLE: View = { scale: 1, x: 0, y: 0 };

/** Nearer or farther by `factor`, with the point `at` of the frame staying where it is. */
export function closer(view: View, factor: number, at: Point, frame: Size): View {
  return held(zoomed(view, factor, at, 1), frame);
}

export function moved(view: View, by: Point, frame: Size): View {
  return held(panned(view, by[0], by[1]), frame);
}

/** Without a gap between the picture's edge and that of its frame. */
function held({ scale, x, y }: View, [width, height]: Size): View {
  const within = (offset: number, size: number) =>
    Math.min(0, Math.max(size * (1 - scale), offset));
  return { scale, x: within(x, width), y: within(y, height) };
}
