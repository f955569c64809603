/** Which key does what: a person's own keys first, then the classes', then the usual ones. */
import type { ClassDefinition, Media } from "../api/types";
import {
  type ActionId,
  actionOf,
  actionsFor,
  type Command,
  type Place,
  type Task,
} from "./actions";
import { chordOf, isReserved, type KeyPress } from "./chords";

/** A person's own keys, by action or `class:NAME`; no keys at all is allowed. */
export type OwnKeys = Readonly<Record<string, readonly string[]>>;

export type Keymap = {
  task: Task;
  place: Place;
  media: Media;
  commands: ReadonlyMap<string, Command>;
  /** The keys that work for an action or a class, best first. */
  keysOf: (binding: string) => readonly string[];
};

/** Keys that a number field needs for itself. */
const OF_NUMBERS = new Set([..."0123456789-.,+eE", "Backspace", "Delete", "Home", "End"]);
const CARET = new Set(["ArrowLeft", "ArrowRight"]);

export function classBinding(name: string): string {
  return `class:${name}`;
}

export function keymapOf(
  task: Task,
  classes: readonly ClassDefinition[],
  own: OwnKeys = {},
  place: Place = "label",
  media: Media = task === "spans" ? "text" : "image",
): Keymap {
  const typesNumbers = task === "regression" && place === "label";
  const commands = new Map<string, Command>();
  const keys = new Map<string, string[]>();
  const give = (binding: string, command: Command, wanted: readonly string[]) => {
    const got = wanted.filter((chord) => !commands.has(chord) && !(typesNumbers && isTaken(chord)));
    for (const chord of got) commands.set(chord, command);
    keys.set(binding, [...(keys.get(binding) ?? []), ...got]);
  };
  const ids = actionsFor(task, place, media);
  const named = task === "regression" ? [] : classes;
  for (const id of ids) if (own[id]) give(id, { kind: id }, own[id]);
  for (const { name } of named) {
    const chosen = own[classBinding(name)];
    if (chosen) give(classBinding(name), { kind: "class", name }, chosen);
  }
  for (const { name, hotkey } of named)
    if (hotkey && !own[classBinding(name)])
      give(classBinding(name), { kind: "class", name }, [hotkey]);
  for (const id of ids) if (!own[id]) give(id, { kind: id }, actionOf(id, task).keys);
  return { task, place, media, commands, keysOf: (binding) => keys.get(binding) ?? [] };
}

/** The command of a press, or null when the key is not ours; a held key labels nothing. */
export function commandFor(press: KeyPress & { repeat: boolean }, map: Keymap): Command | null {
  const chord = chordOf(press);
  const command = chord === null ? undefined : map.commands.get(chord);
  if (!command) return null;
  return press.repeat && !REPEATED.has(command.kind) ? null : command;
}

const REPEATED = new Set<Command["kind"]>(
  (
    "left right up down far_left far_right far_up far_down narrower wider lower taller " +
    "zoom_in zoom_out less more next previous shorter longer undo redo"
  ).split(" ") as ActionId[],
);

/** Whether a press changes the number in a number field rather than giving a command. */
export function editsNumber(press: KeyPress): boolean {
  if (press.ctrlKey || press.metaKey) return "acvx".includes(press.key.toLowerCase());
  return OF_NUMBERS.has(press.key) || CARET.has(press.key) || press.key === "Tab";
}

export type Complaint = { kind: "taken"; by: string } | { kind: "reserved" };

/** What speaks against giving `chord` to `binding`. */
export function complaints(map: Keymap, binding: string, chord: string): Complaint[] {
  const found: Complaint[] = [];
  const command = map.commands.get(chord);
  const holder = command && bindingOf(command);
  if (holder && holder !== binding) found.push({ kind: "taken", by: holder });
  if (isReserved(chord)) found.push({ kind: "reserved" });
  return found;
}

/** The own keys after `binding` got `chord`; who held it loses it. */
export function withKey(map: Keymap, own: OwnKeys, binding: string, chord: string): OwnKeys {
  const next: Record<string, readonly string[]> = { ...own, [binding]: [chord] };
  const command = map.commands.get(chord);
  const holder = command && bindingOf(command);
  if (holder && holder !== binding)
    next[holder] = map.keysOf(holder).filter((other) => other !== chord);
  return next;
}

export function bindingOf(command: Command): string {
  return command.kind === "class" ? classBinding(command.name) : command.kind;
}

/** By the field of a number. */
function isTaken(chord: string): boolean {
  return OF_NUMBERS.has(chord) || CARET.has(chord);
}
