/** One decision for many assets: sent in parts, with what was seen, and taken back by its id. */
import { answer, api } from "../api/client";
import type { components } from "../api/schema";
import type { Value } from "../api/types";
import { count, plural } from "../parts/format";
import { valueText } from "../parts/valueText";

/** What becomes of the classes that an asset has already. */
export type Edit = components["schemas"]["BulkLabelRequest"]["how"];
/** `null` skips the assets. */
export type Wish = { value: Value | null; how: Edit };
type Result = components["schemas"]["BulkResult"];

/** So many in one request: each takes a second or so, and what is done can be told. */
export const PART = 200;

export type Outcome = {
  stored: number;
  unchanged: number;
  /** Left alone because somebody decided meanwhile. */
  changed: number;
  /** Refused for another reason, with the words of the first. */
  refused: number;
  problem: string;
  /** Assets that were asked about; after a break those of the broken request are among them. */
  asked: string[];
  /** What ended it early. */
  failure: unknown;
  /** Assets that nothing is known to be stored of. */
  rest: string[];
};

/** Send `ids` part by part; what fails ends it, and what was done by then counts. */
export async function inParts(
  ids: readonly string[],
  send: (part: string[]) => Promise<Result>,
  progress: (done: number) => void,
): Promise<Outcome> {
  const all: Outcome = {
    ...{ stored: 0, unchanged: 0, changed: 0, refused: 0, problem: "" },
    ...{ asked: [], failure: null, rest: [] },
  };
  for (let at = 0; at < ids.length; at += PART) {
    progress(at);
    const part = ids.slice(at, at + PART);
    all.asked.push(...part);
    try {
      const { stored, unchanged, conflicts } = await send(part);
      all.stored += stored;
      all.unchanged += unchanged;
      for (const { error } of conflicts)
        if (error.code === "conflict") all.changed += 1;
        else {
          all.refused += 1;
          all.problem ||= error.message;
        }
    } catch (failure) {
      return { ...all, failure, rest: ids.slice(at) };
    }
  }
  return all;
}

/** Give many assets one label, or skip them; `seen` has the log position that each was seen at. */
export function sendBulk(
  seen: ReadonlyMap<string, number>,
  { value, how }: Wish,
  submissionId: string,
  progress: (done: number) => void,
): Promise<Outcome> {
  const send = (part: string[]) =>
    answer(
      api.POST("/api/v1/labels/bulk", {
        body: {
          action: value === null ? "skip" : "label",
          asset_ids: part,
          value,
          how,
          seen: part.map((id) => seen.get(id) ?? 0),
          submission_id: submissionId,
        },
      }),
    );
  return inParts([...seen.keys()], send, progress);
}

/** Take back what was stored under the id; what was decided since stays. */
export function sendBulkUndo(
  assetIds: readonly string[],
  submissionId: string,
  progress: (done: number) => void,
): Promise<Outcome> {
  const send = (part: string[]) =>
    answer(
      api.POST("/api/v1/labels/bulk/undo", {
        body: { asset_ids: part, submission_id: submissionId },
      }),
    );
  return inParts(assetIds, send, progress);
}

const assets = (number: number) => plural(number, "asset");
const were = (number: number) => (number === 1 ? "was" : "were");

/** What has become of `number` assets, in a few words. */
export function doneWords(number: number, { value, how }: Wish, unit = ""): string {
  if (value === null) return `${assets(number)} skipped`;
  const text = valueText(value, unit);
  if (how === "add") return `${text} added to ${assets(number)}`;
  if (how === "remove") return `${text} taken from ${assets(number)}`;
  return `${assets(number)} labelled ${text}`;
}

/** What was not done, and why. */
export function leftWords({ unchanged, changed, refused, problem }: Outcome): string {
  const words = [];
  if (changed > 0)
    words.push(`${count(changed)} had changed meanwhile and ${were(changed)} left alone.`);
  if (refused > 0) words.push(`${count(refused)} could not be stored: ${problem}`);
  if (unchanged > 0) words.push(`${count(unchanged)} ${were(unchanged)} so already.`);
  return words.join(" ");
}
