/** What was done to one asset, step by step, so that each step can be undone and done again. */

export type History<D> = { past: readonly D[]; now: D; future: readonly D[] };

const KEPT = 200;

export function begin<D>(now: D): History<D> {
  return { past: [], now, future: [] };
}

export function step<D>(history: History<D>, now: D): History<D> {
  if (now === history.now) return history;
  return { past: [...history.past, history.now].slice(-KEPT), now, future: [] };
}

/** One step back; null when there is none. */
export function back<D>(history: History<D>): History<D> | null {
  const now = history.past.at(-1);
  if (history.past.length === 0) return null;
  return {
    past: history.past.slice(0, -1),
    now: now as D,
    future: [history.now, ...history.future],
  };
}

/** One step forward again; null when there is none. */
export function forth<D>(history: History<D>): History<D> | null {
  if (history.future.length === 0) return null;
  return {
    past: [...history.past, history.now],
    now: history.future[0] as D,
    future: history.future.slice(1),
  };
}
