/** The unsent work on each asset: kept in this browser while it is made, gone once it is submitted. */
import type { Value } from "../api/types";
import { back, begin, forth, type History, step } from "./history";

/** How a task's draft begins and what it is made of. */
export type Codec<D> = {
  /** The draft of a label that exists already, or of none. */
  of: (value: Value | null) => D;
};

type Page<D> = { base: Value | null; history: History<D>; unsent: boolean };

type Wiring<D> = { scope: string; storage: Storage; codec: Codec<D>; wait?: number };

/** Fast strokes are stored together, this many milliseconds after the first. */
const WAIT = 150;

/** One draft for each asset. It is on disk a moment after each change, and on `flush` at once. */
export class DraftBook<D> {
  private readonly pages = new Map<string, Page<D>>();
  private readonly waiting = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private readonly wiring: Wiring<D>;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private count = 0;
  private full = false;

  constructor(wiring: Wiring<D>) {
    this.wiring = wiring;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Changes with every change of any draft. */
  version = (): number => this.count;

  /** Whether the browser had no room for the last change. */
  get isFull(): boolean {
    return this.full;
  }

  /** The draft of an asset: as it was left, else made of the label that holds. */
  open(id: string, base: Value | null): History<D> {
    return this.page(id, base).history;
  }

  /** Whether there is work that was not submitted. */
  unsent(id: string, base: Value | null): boolean {
    return this.page(id, base).unsent;
  }

  change(id: string, base: Value | null, now: D): void {
    const page = this.page(id, base);
    this.put(id, { ...page, history: step(page.history, now), unsent: true });
  }

  /** Undo the last step; false when there is none. */
  undo(id: string, base: Value | null): boolean {
    return this.move(id, base, back);
  }

  redo(id: string, base: Value | null): boolean {
    return this.move(id, base, forth);
  }

  /** Begin again from `value`, as unsent work: an answer that was taken back is not lost. */
  takeBack(id: string, value: Value | null): void {
    this.put(id, { base: null, history: begin(this.wiring.codec.of(value)), unsent: true });
  }

  /** The work was submitted, or shall be gone. */
  forget(id: string): void {
    this.pages.delete(id);
    this.waiting.delete(id);
    this.wiring.storage.removeItem(this.place(id));
    this.announce();
  }

  /** Store now whatever waits to be stored. */
  flush = (): void => {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const before = this.full;
    try {
      for (const id of this.waiting) {
        const page = this.pages.get(id);
        if (page) this.wiring.storage.setItem(this.place(id), JSON.stringify(page.history.now));
        this.waiting.delete(id);
      }
      this.full = false;
    } catch (failure) {
      // No room: the work stays in this page, and the next change tries again.
      if (!(failure instanceof DOMException)) throw failure;
      this.full = true;
    }
    if (this.full !== before) this.announce();
  };

  private page(id: string, base: Value | null): Page<D> {
    const known = this.pages.get(id);
    if (known && (known.unsent || known.base === base)) return known;
    const stored = this.read(id);
    const now = stored ?? this.wiring.codec.of(base);
    const page = { base, history: begin(now), unsent: stored !== null };
    this.pages.set(id, page);
    return page;
  }

  private read(id: string): D | null {
    const text = this.wiring.storage.getItem(this.place(id));
    if (text === null) return null;
    try {
      return JSON.parse(text) as D;
    } catch {
      return null;
    }
  }

  private move(
    id: string,
    base: Value | null,
    how: (history: History<D>) => History<D> | null,
  ): boolean {
    const page = this.page(id, base);
    const history = how(page.history);
    if (history === null) return false;
    this.put(id, { ...page, history, unsent: true });
    return true;
  }

  private put(id: string, page: Page<D>): void {
    this.pages.set(id, page);
    this.waiting.add(id);
    this.timer ??= setTimeout(this.flush, this.wiring.wait ?? WAIT);
    this.announce();
  }

  private announce(): void {
    this.count += 1;
    for (const listener of this.listeners) listener();
  }

  private place(id: string): string {
    return `querist-draft:${this.wiring.scope}:${id}`;
  }
}
