/** What a job of a workforce did, in words. */
import type { Job } from "../api/types";
import { count, plural, words } from "../parts/format";

/** Tools that write their name with another capital. */
const OWN_NAMES: Record<string, string> = { "label-studio": "Label Studio" };

/** What a tool of a workforce is called. */
export function toolName(kind: string): string {
  return OWN_NAMES[kind] ?? words(kind);
}

/** One sentence about the job; null without one. */
export function saidOf(job: Job | null): string | null {
  if (job === null) return null;
  const name = String(job.params.workforce ?? "");
  if (job.state === "failed") return job.error?.message ?? "The job failed.";
  if (job.state === "cancelled") return null;
  const sends = job.kind === "send_batch";
  if (job.state !== "done") return sends ? "Sending…" : "Looking for answers…";
  const found = numbersOf(job);
  if (sends) {
    const resumed = found.resumed > 0 ? `, ${count(found.resumed)} of them of an earlier try` : "";
    return `Sent last: ${plural(found.items, "asset")}${resumed}.`;
  }
  const parts = [
    `Collected last: ${plural(found.labels, "answer")}`,
    found.corrections > 0 && `${count(found.corrections)} of them corrections`,
    found.surplus > 0 && `${count(found.surplus)} more to what was answered already`,
    found.refused > 0 && `${count(found.refused)} from ${name} could not be stored`,
  ];
  return `${parts.filter(Boolean).join(", ")}.`;
}

/** Why answers could not be stored. */
export function problemsOf(job: Job | null): string[] {
  const said = job?.result?.problems;
  return Array.isArray(said) ? [...new Set(said.map(String))] : [];
}

function numbersOf({ result }: Job): Numbers {
  const read = (field: string) => {
    const value = result?.[field];
    return typeof value === "number" ? value : 0;
  };
  return {
    items: read("items"),
    resumed: read("resumed"),
    labels: read("labels"),
    corrections: read("corrections"),
    surplus: read("surplus"),
    refused: read("refused"),
  };
}

type Numbers = Record<
  "items" | "resumed" | "labels" | "corrections" | "surplus" | "refused",
  number
>;
