/** Server-sent events: jobs and changes flow into the query cache while the page is open. */
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { eventsUrl } from "./client";
import { ends, isActive, mergeJob } from "./jobList";
import { homeQuery, jobsQuery } from "./queries";
import type { ChangeEvent, Job } from "./types";

export type Connection = "connecting" | "open" | "lost";

let connection: Connection = "connecting";
const listeners = new Set<() => void>();

function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const listener of listeners) listener();
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

const TOUCHED = [
  ...[
    "home",
    "project",
    "ontology",
    "rounds",
    "round",
    "findings",
    "confusions",
    "lessons",
    "slices",
    "facets",
    "asset",
    "assets",
  ],
  // What Compare shows hangs on labels of the audit set, which may be mended.
  ...["models", "comparison", "thresholds", "reliability"],
  ...["opinions", "review-history", "disputes", "agreement", "reports", "work", "auto-sets"],
];

/** Refetch what a change touches, at most once a second, however fast people label. */
function refresher(client: QueryClient): () => void {
  let planned = false;
  return () => {
    if (planned) return;
    planned = true;
    window.setTimeout(() => {
      planned = false;
      for (const key of TOUCHED) void client.invalidateQueries({ queryKey: [key] });
    }, 1_000);
  };
}

/** Open the event stream; returns how to close it. */
export function connectEvents(client: QueryClient): () => void {
  const refresh = refresher(client);
  const source = new EventSource(eventsUrl);
  source.onopen = () => {
    setConnection("open");
    void client.invalidateQueries({ queryKey: jobsQuery.queryKey });
  };
  source.onerror = () => setConnection("lost");
  source.addEventListener("job", (event: MessageEvent<string>) => {
    const job = JSON.parse(event.data) as Job;
    const known = client.getQueryData(jobsQuery.queryKey) ?? [];
    client.setQueryData(jobsQuery.queryKey, mergeJob(known, job));
    // The next step that a page offers hangs on it, so it does not wait with the rest.
    if (ends(known, job)) void client.invalidateQueries({ queryKey: homeQuery.queryKey });
    if (!isActive(job)) refresh();
  });
  let last = "";
  source.addEventListener("change", (event: MessageEvent<string>) => {
    const change = JSON.parse(event.data) as ChangeEvent;
    const { seq, round, step, open_tasks, ontology, slices } = change;
    const seen = [seq, round, step, open_tasks, ontology, slices].join("/");
    if (seen === last) return;
    last = seen;
    refresh();
  });
  const leaving = () => source.close();
  window.addEventListener("pagehide", leaving);
  return () => {
    window.removeEventListener("pagehide", leaving);
    source.close();
    setConnection("connecting");
  };
}
