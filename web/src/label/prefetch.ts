/** Pictures decoded before they are shown, so that the next one is there at once. */
import { contentUrl, thumbnailUrl } from "../api/client";

const KEEP = 24;
type Pictures = { image: HTMLImageElement; small: HTMLImageElement; done: Promise<void> };
const ready = new Map<string, Pictures>();

/** Load and decode the picture of asset `id`; resolves also when it cannot be shown. */
export function prefetchImage(id: string): Promise<void> {
  const known = ready.get(id);
  if (known) return known.done;
  const image = new Image();
  image.src = contentUrl(id);
  const done = image.decode().catch(() => undefined);
  // The strip of decisions shows it small, also when the line has gone since.
  const small = new Image();
  done.then(() => {
    small.src = thumbnailUrl(id);
  });
  ready.set(id, { image, small, done });
  for (const key of ready.keys()) {
    if (ready.size <= KEEP) break;
    ready.delete(key);
  }
  return done;
}
