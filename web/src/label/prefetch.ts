/** Pictures decoded before they are shown, so that the next one is there at once. */
import { contentUrl } from "../api/client";

const KEEP = 24;
const ready = new Map<string, { image: HTMLImageElement; done: Promise<void> }>();

/** Load and decode the picture of asset `id`; resolves also when it cannot be shown. */
export function prefetchImage(id: string): Promise<void> {
  const known = ready.get(id);
  if (known) return known.done;
  const image = new Image();
  image.src = contentUrl(id);
  const done = image.decode().catch(() => undefined);
  ready.set(id, { image, done });
  for (const key of ready.keys()) {
    if (ready.size <= KEEP) break;
    ready.delete(key);
  }
  return done;
}
