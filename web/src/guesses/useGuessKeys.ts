/** The keys of first guesses: a class for the tile in focus, other assets, and the guess itself. */
import type { RefObject } from "react";
import { commandFor } from "../keys/keymap";
import { useKeymap } from "../keys/keyStore";
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import { focusedTile } from "./ExampleGrid";
import type { Guesses } from "./useGuesses";

export function useGuessKeys(
  guesses: Guesses,
  others: () => void,
  find: RefObject<HTMLInputElement | null>,
): void {
  const keymap = useKeymap();
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      guesses.guess();
      return;
    }
    if (isTyping(event)) return;
    if (event.key === "PageDown") {
      event.preventDefault();
      others();
      return;
    }
    const command = commandFor(event, keymap);
    if (command?.kind === "search" && find.current) {
      event.preventDefault();
      find.current.focus();
    }
    if (command?.kind !== "class" || !("name" in command)) return;
    event.preventDefault();
    const tile = focusedTile();
    const asset = guesses.offered?.find(({ id }) => id === tile?.id);
    guesses.setBrush(command.name);
    if (!asset) return;
    guesses.give(asset, command.name);
    tile?.next();
  };
  useKeyPress(press);
}
