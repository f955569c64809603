/** A change while it is thought over: what was typed so far, and the change that it makes. */
import type { OntologyChange } from "../api/types";

export type Draft =
  | { kind: "add"; name: string }
  | { kind: "rename"; name: string; to: string }
  | { kind: "merge"; names: readonly string[]; into: string }
  /** The parts, one a line. */
  | { kind: "split"; name: string; parts: string }
  | { kind: "retire"; name: string }
  | { kind: "revert"; version: number };

export type Kind = Draft["kind"];

/** What can be done to the chosen classes. */
export function kindsFor(chosen: readonly string[]): Kind[] {
  if (chosen.length === 0) return [];
  return chosen.length === 1 ? ["rename", "split", "retire"] : ["merge"];
}

/** A draft to begin with; null where so many classes cannot be changed so. */
export function begin(
  kind: Exclude<Kind, "revert">,
  chosen: readonly string[],
  labels: Readonly<Record<string, number>>,
): Draft | null {
  if (kind === "add") return { kind, name: "" };
  const [name] = chosen;
  if (name === undefined || !kindsFor(chosen).includes(kind)) return null;
  switch (kind) {
    case "rename":
      return { kind, name, to: name };
    case "merge":
      return { kind, names: chosen, into: most(chosen, labels) };
    case "split":
      return { kind, name, parts: "" };
    case "retire":
      return { kind, name };
  }
}

/** The change of a draft; null while something is missing. */
export function changeOf(draft: Draft): OntologyChange | null {
  switch (draft.kind) {
    case "add": {
      const name = draft.name.trim();
      return name ? { type: "add", name } : null;
    }
    case "rename": {
      const to = draft.to.trim();
      return to && to !== draft.name ? { type: "rename", name: draft.name, to } : null;
    }
    case "merge": {
      const into = draft.into.trim();
      return into ? { type: "merge", names: [...draft.names], into } : null;
    }
    case "split": {
      const into = partsOf(draft.parts);
      return into.length > 1 ? { type: "split", name: draft.name, into } : null;
    }
    case "retire":
      return { type: "retire", name: draft.name };
    case "revert":
      return { type: "revert", version: draft.version };
  }
}

/** What is missing, in words. */
export function missing(draft: Draft): string {
  switch (draft.kind) {
    case "rename":
      return "Type another name to see what it touches.";
    case "split":
      return "Name two classes or more to see what it touches.";
    default:
      return "Type a name to see what it touches.";
  }
}

/** The classes of now that a change names. */
export function namesOf(change: OntologyChange | null): readonly string[] {
  if (change === null || change.type === "add" || change.type === "revert") return [];
  return change.type === "merge" ? change.names : [change.name];
}

/** A class of `known` that a new name differs from in capitals, spaces and hyphens only, or null. */
export function lookalike(change: OntologyChange | null, known: readonly string[]): string | null {
  if (change?.type !== "add" && change?.type !== "rename") return null;
  const name = change.type === "add" ? change.name : change.to;
  const others = known.filter((one) => one !== name && !namesOf(change).includes(one));
  return others.find((one) => bare(one) === bare(name) && bare(name) !== "") ?? null;
}

/** A name as it sounds. */
function bare(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s_-]/g, "");
}

/** The classes that are chosen once the change was made. */
export function chosenAfter(change: OntologyChange): string[] {
  switch (change.type) {
    case "add":
      return [change.name];
    case "rename":
      return [change.to];
    case "merge":
      return [change.into];
    case "split":
      return change.into.slice(0, 1);
    default:
      return [];
  }
}

export function partsOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

function most(names: readonly string[], labels: Readonly<Record<string, number>>): string {
  const number = (name: string) => labels[name] ?? 0;
  return names.reduce((best, name) => (number(name) > number(best) ? name : best));
}
