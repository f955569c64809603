/** The keyboard of the ontology editor: one letter begins a change, Escape leaves it. */
import type { RefObject } from "react";
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import type { Kind } from "./draft";

type Beginning = Exclude<Kind, "revert">;

const LETTERS: Readonly<Record<string, Beginning>> = {
  n: "add",
  r: "rename",
  f2: "rename",
  m: "merge",
  s: "split",
  d: "retire",
  delete: "retire",
};

type Wiring = {
  chosen: readonly string[];
  drafting: boolean;
  begin: (kind: Beginning, names: readonly string[]) => void;
  choose: (name: string) => void;
  clear: () => void;
  leave: () => void;
  search: RefObject<HTMLInputElement | null>;
};

export function useOntologyKeys(wiring: Wiring): void {
  const { chosen, begin } = wiring;
  const press = (event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const kind = LETTERS[event.key.toLowerCase()];
    if (event.key === "/") wiring.search.current?.focus();
    else if (event.key === "Escape") {
      if (wiring.drafting) wiring.leave();
      else wiring.clear();
    } else if (kind !== undefined) {
      // Nothing is chosen: the class that has the focus is meant.
      const focused = document.activeElement;
      const name = focused instanceof HTMLElement ? focused.dataset.name : undefined;
      if (chosen.length === 0 && name !== undefined && kind !== "add") {
        wiring.choose(name);
        begin(kind, [name]);
      } else begin(kind, chosen);
    } else return;
    event.preventDefault();
  };
  useKeyPress(press);
}
