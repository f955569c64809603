/** What an import brought, in words. */
import type { Job } from "../api/types";
import { count, plural } from "../parts/format";

export type Problem = { name: string; kind: string; message: string };
export type Imported = { added: number; present: number; problems: Problem[] };

const KINDS: Record<string, [one: string, many: string]> = {
  duplicate: ["copy", "copies"],
  unreadable: ["unreadable", "unreadable"],
  empty: ["empty", "empty"],
  changed: ["changed since it was added", "changed since they were added"],
  outside: ["outside the folder", "outside the folder"],
  invalid: ["invalid", "invalid"],
  skipped: ["of another kind", "of another kind"],
};

/** The result of a finished import; null of any other job. */
export function importOf(job: Job): Imported | null {
  if (job.kind !== "add" || job.state !== "done" || job.result === null) return null;
  const { added, present, problems } = job.result as Partial<Imported>;
  return { added: added ?? 0, present: present ?? 0, problems: problems ?? [] };
}

/** "321 added, 14 left out: 10 copies, 3 unreadable, 1 empty". */
export function importWords({ added, present, problems }: Imported): string {
  const counts = new Map<string, number>();
  for (const { kind } of problems) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([kind, number]) => {
      const [one, many] = KINDS[kind] ?? [kind, kind];
      return plural(number, one, many);
    });
  const parts = [added > 0 ? `${count(added)} added` : "Nothing was added"];
  if (present > 0) parts.push(`${count(present)} there already`);
  if (problems.length > 0) parts.push(`${count(problems.length)} left out: ${kinds.join(", ")}`);
  return parts.join(", ");
}
