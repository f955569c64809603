/** The letters of this page: each does what its button does, and nothing while that is not offered. */
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";

export function useAutoKeys(keys: Readonly<Record<string, (() => void) | undefined>>): void {
  const press = (event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  };
  useKeyPress(press);
}
