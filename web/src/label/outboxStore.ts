/** The one outbox of this tab, scoped to the project and the person, and hooks to watch it. */
import { useSyncExternalStore } from "react";
import { sendLabel, sendReview, sendReviewUndo, sendUndo } from "../api/actions";
import { noticeFailure } from "../api/queryClient";
import {
  type Answer,
  type Cargo,
  type Delivery,
  type Entry,
  OUTBOX,
  Outbox,
  type OutboxStatus,
} from "./outbox";

const receivers = new Set<(delivery: Delivery) => void>();
let outbox: Outbox | null = null;
let scopeOpen = "";

/** The outbox of `scope`; sends what an earlier visit left behind. */
export function openOutbox(scope: string): Outbox {
  if (outbox && scopeOpen === scope) return outbox;
  scopeOpen = scope;
  outbox = new Outbox({
    scope,
    storage: window.localStorage,
    send: deliver,
    delivered: (delivery) => {
      for (const receive of receivers) receive(delivery);
    },
  });
  const opened = outbox;
  window.addEventListener("online", () => void opened.flush());
  opened.subscribe(announce);
  void opened.flush();
  announce();
  return opened;
}

async function deliver(cargo: Cargo): Promise<Answer> {
  try {
    switch (cargo.kind) {
      case "label":
        return { of: "label", annotation: await sendLabel(cargo.body) };
      case "undo":
        return { of: "label", annotation: await sendUndo(cargo.asset_id, cargo.submission_id) };
      case "review":
        return { of: "review", review: await sendReview(cargo.body) };
      case "undo_review":
        return { of: "review", review: await sendReviewUndo(cargo.asset_id, cargo.submission_id) };
    }
  } catch (failure) {
    noticeFailure(failure);
    throw failure;
  }
}

/** How many decisions of anybody wait in this browser, also before somebody has signed in. */
export function waitingHere(): number {
  return Object.keys(window.localStorage).filter((key) => key.startsWith(OUTBOX)).length;
}

/** Hear of every acknowledged entry; returns how to stop. */
export function onDelivered(receive: (delivery: Delivery) => void): () => void {
  receivers.add(receive);
  return () => receivers.delete(receive);
}

const watchers = new Set<() => void>();
const none: readonly Entry[] = [];
const idle: OutboxStatus = { pending: 0, trouble: 0, reachable: true };

function announce(): void {
  for (const listener of watchers) listener();
}

function watch(listener: () => void): () => void {
  watchers.add(listener);
  return () => watchers.delete(listener);
}

export function useOutboxEntries(): readonly Entry[] {
  return useSyncExternalStore(watch, () => outbox?.list() ?? none);
}

export function useOutboxStatus(): OutboxStatus {
  return useSyncExternalStore(watch, () => outbox?.summary() ?? idle);
}
