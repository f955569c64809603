/** Where the picture lies on the stage: screen = picture * scale + offset, in CSS pixels. */
import type { Box, Point, Size } from "./forms";

export type View = { scale: number; x: number; y: number };

const MARGIN = 24;
/** Tiny pictures are enlarged this far at first; by hand one may go further. */
const MOST_ENLARGED = 16;
const DEEPEST = 40;
/** An object that is centred on fills about this share of the stage, and has some of its world. */
const FILLED = 0.4;

export function whole([width, height]: Size, stage: Size): View {
  const room = (size: number) => Math.max(1, size - 2 * MARGIN);
  const scale = Math.min(room(stage[0]) / width, room(stage[1]) / height, MOST_ENLARGED);
  return { scale, x: (stage[0] - width * scale) / 2, y: (stage[1] - height * scale) / 2 };
}

export function toPicture(view: View, [x, y]: Point): Point {
  return [(x - view.x) / view.scale, (y - view.y) / view.scale];
}

/** Nearer or farther, with the point under the hand staying where it is. */
export function zoomed(view: View, factor: number, [x, y]: Point, least: number): View {
  const scale = Math.max(least, Math.min(DEEPEST, view.scale * factor));
  const share = scale / view.scale;
  return { scale, x: x - (x - view.x) * share, y: y - (y - view.y) * share };
}

export function panned(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** The object in the middle and large enough to see, never farther away than now. */
export function centred(view: View, box: Box, stage: Size): View {
  const wanted = Math.min(
    (stage[0] * FILLED) / Math.max(1, box.width),
    (stage[1] * FILLED) / Math.max(1, box.height),
    DEEPEST / 2,
  );
  const scale = Math.max(view.scale, wanted);
  return {
    scale,
    x: stage[0] / 2 - (box.x + box.width / 2) * scale,
    y: stage[1] / 2 - (box.y + box.height / 2) * scale,
  };
}
