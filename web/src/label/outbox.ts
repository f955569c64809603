/** Decisions on their way to the server: kept in local storage until acknowledged, sent in order. */
import { ApiError } from "../api/client";
import type { Annotation, LabelBody, Review, ReviewBody } from "../api/types";
import type { Item } from "./session";

export type Cargo =
  // With what it was about, for who comes back to the page.
  | { kind: "label"; body: LabelBody; item?: Item }
  | { kind: "review"; body: ReviewBody }
  | { kind: "undo" | "undo_review"; asset_id: string; submission_id: string };

/** In a conflict another version stands; what is refused was not stored for another reason. */
export type EntryState = "waiting" | "sending" | "conflict" | "refused";

export type Entry = {
  id: string;
  order: number;
  cargo: Cargo;
  state: EntryState;
  attempts: number;
  theirs: Annotation | null;
  problem: string | null;
  /** Of the answer that left it in trouble. */
  status?: number | null;
};

export type OutboxStatus = { pending: number; trouble: number; reachable: boolean };

/** The server's answer to what was sent. */
export type Answer = { of: "label"; annotation: Annotation } | { of: "review"; review: Review };

export type Delivery = { entry: Entry } & Answer;

type Wiring = {
  send: (cargo: Cargo) => Promise<Answer>;
  storage: Storage;
  scope: string;
  wait?: (milliseconds: number) => Promise<void>;
  delivered?: (delivery: Delivery) => void;
};

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

/** How long to wait before attempt number `attempts` + 1, in milliseconds. */
export function backOff(attempts: number): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.max(0, attempts - 1));
}

export function submissionOf(cargo: Cargo): string {
  return "body" in cargo ? cargo.body.submission_id : cargo.submission_id;
}

export function assetOf(cargo: Cargo): string {
  return "body" in cargo ? cargo.body.asset_id : cargo.asset_id;
}

/** Whether somebody has to say what becomes of it: it was never stored. */
export function inTrouble({ state }: Entry): boolean {
  return state === "conflict" || state === "refused";
}

/** How the keys of what waits begin, whoever decided it. */
export const OUTBOX = "querist-outbox:";

/** A queue that survives a reload and a lost connection; one submission id is stored once. */
export class Outbox {
  private entries: Entry[] = [];
  private readonly listeners = new Set<() => void>();
  private running = false;
  private reachable = true;
  private wake: (() => void) | null = null;
  private order = 0;
  private readonly prefix: string;
  private readonly wiring: Wiring;
  private status: OutboxStatus = { pending: 0, trouble: 0, reachable: true };

  constructor(wiring: Wiring) {
    this.wiring = wiring;
    this.prefix = `${OUTBOX}${wiring.scope}:`;
    this.load();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  list = (): readonly Entry[] => this.entries;

  summary = (): OutboxStatus => this.status;

  /** Tasks answered here whose answer the server does not have yet. */
  tasks(): number[] {
    return this.entries.flatMap(({ cargo }) =>
      cargo.kind === "label" ? (cargo.body.task_id ?? []) : [],
    );
  }

  /**
   * Keep `cargo` and begin to send it; it is on disk before this returns. A label takes the place
   * of one on the same asset that is in trouble.
   */
  add(cargo: Cargo): Entry {
    const old = cargo.kind === "label" ? this.about(assetOf(cargo)).filter(inTrouble) : [];
    return this.put(this.placed(cargo), old);
  }

  /** Keep `cargo` in the place of an entry in trouble, as it is. */
  replace(entry: Entry, cargo: Cargo): Entry {
    return this.put(cargo, [entry]);
  }

  /** Take back what was not stored; false when it may be: it is on its way, or gone. */
  takeBack(id: string): boolean {
    const entry = this.entries.find((other) => other.id === id);
    if (!entry) return false;
    if (!inTrouble(entry) && (entry.state === "sending" || entry.attempts > 0)) return false;
    this.drop(id);
    return true;
  }

  /** Forget an entry for good: the other version stays. */
  drop(id: string): void {
    this.remove(this.entries.filter((entry) => entry.id === id));
    void this.flush();
  }

  /** Send everything that waits, in order, until nothing is left; retries while unreachable. */
  async flush(): Promise<void> {
    if (this.running) {
      this.wake?.();
      return;
    }
    this.running = true;
    try {
      for (let next = this.next(); next; next = this.next()) await this.attempt(next);
    } finally {
      this.running = false;
    }
  }

  private put(cargo: Cargo, instead: readonly Entry[]): Entry {
    this.order += 1;
    const entry: Entry = {
      id: submissionOf(cargo),
      order: this.order,
      cargo,
      state: "waiting",
      attempts: 0,
      theirs: null,
      problem: null,
    };
    this.store(entry);
    this.update([...this.entries, entry]);
    this.remove(instead);
    void this.flush();
    return entry;
  }

  /** The labels of an asset and their withdrawals, in order. */
  private about(asset: string): Entry[] {
    return this.entries.filter(
      ({ cargo }) => (cargo.kind === "label" || cargo.kind === "undo") && assetOf(cargo) === asset,
    );
  }

  /** A label that expects what the one before it leaves: one in trouble leaves nothing. */
  private placed(cargo: Cargo): Cargo {
    const last = this.about(assetOf(cargo)).at(-1);
    if (cargo.kind !== "label" || last?.cargo.kind !== "label") return cargo;
    const { expected_version: seen, task_id } = last.cargo.body;
    const body = { ...cargo.body };
    if (seen != null) body.expected_version = inTrouble(last) ? seen : seen + 1;
    if (inTrouble(last)) body.task_id ??= task_id;
    return { ...cargo, body };
  }

  /** What was decided on the asset since is sent in the place of what was not stored. */
  private giveWay(entry: Entry): void {
    if (entry.cargo.kind !== "label") return;
    const later = this.about(assetOf(entry.cargo)).filter((other) => other.order > entry.order);
    const next = later[0];
    if (!next) return;
    const gone = next.cargo.kind === "undo" ? [entry, next] : [entry];
    const { task_id } = entry.cargo.body;
    for (const { id, cargo } of later) {
      if (cargo.kind !== "label") continue;
      const seen = cargo.body.expected_version;
      const expected_version = seen == null ? seen : seen - gone.length;
      const body = { ...cargo.body, expected_version };
      if (id === next.id) body.task_id ??= task_id;
      this.change(id, { cargo: { ...cargo, body } });
    }
    this.remove(gone);
  }

  private remove(gone: readonly Entry[]): void {
    const ids = new Set(gone.map(({ id }) => id));
    for (const id of ids) this.wiring.storage.removeItem(this.prefix + id);
    if (ids.size > 0) this.update(this.entries.filter(({ id }) => !ids.has(id)));
  }

  private next(): Entry | undefined {
    return this.entries.find((entry) => entry.state === "waiting" && !this.blocked(entry));
  }

  /** An asset in trouble holds back its own later entries, and only those. */
  private blocked(entry: Entry): boolean {
    return this.entries.some(
      (other) =>
        other.order < entry.order &&
        inTrouble(other) &&
        assetOf(other.cargo) === assetOf(entry.cargo),
    );
  }

  private async attempt(entry: Entry): Promise<void> {
    this.change(entry.id, { state: "sending", attempts: entry.attempts + 1 });
    try {
      const answer = await this.wiring.send(entry.cargo);
      this.reachable = true;
      this.drop(entry.id);
      this.wiring.delivered?.({ entry, ...answer });
    } catch (failure) {
      await this.failed(entry, failure);
    }
  }

  private async failed(entry: Entry, failure: unknown): Promise<void> {
    if (failure instanceof ApiError && !failure.passing && failure.status !== 401) {
      this.reachable = true;
      const theirs = failure.code === "conflict" ? (failure.details.current ?? null) : null;
      this.change(entry.id, {
        state: theirs ? "conflict" : "refused",
        theirs: theirs as Annotation | null,
        problem: `${failure.message} ${failure.remedy}`,
        status: failure.status,
      });
      this.giveWay(entry);
      return;
    }
    this.reachable = false;
    this.change(entry.id, { state: "waiting" });
    await this.pause(backOff(entry.attempts + 1));
  }

  private pause(milliseconds: number): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    const wait = this.wiring.wait ?? ((ms: number) => new Promise((done) => setTimeout(done, ms)));
    return Promise.race([wait(milliseconds), woken]);
  }

  private change(id: string, part: Partial<Entry>): void {
    const next = this.entries.map((entry) => (entry.id === id ? { ...entry, ...part } : entry));
    const changed = next.find((entry) => entry.id === id);
    if (changed) this.store(changed);
    this.update(next);
  }

  private update(entries: Entry[]): void {
    this.entries = entries;
    const trouble = entries.filter(inTrouble).length;
    this.status = { pending: entries.length - trouble, trouble, reachable: this.reachable };
    for (const listener of this.listeners) listener();
  }

  private store(entry: Entry): void {
    this.wiring.storage.setItem(this.prefix + entry.id, JSON.stringify(entry));
  }

  private load(): void {
    const found: Entry[] = [];
    for (let i = 0; i < this.wiring.storage.length; i += 1) {
      const key = this.wiring.storage.key(i);
      if (!key?.startsWith(this.prefix)) continue;
      const text = this.wiring.storage.getItem(key);
      if (text) found.push(JSON.parse(text) as Entry);
    }
    found.sort((a, b) => a.order - b.order);
    this.order = found.at(-1)?.order ?? 0;
    this.update(found.map((e) => (e.state === "sending" ? { ...e, state: "waiting" } : e)));
  }
}
