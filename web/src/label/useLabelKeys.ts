/** Connects the keyboard to the label page. */
import type { Command } from "../keys/actions";
import { commandFor, editsNumber, type Keymap } from "../keys/keymap";
import { isOnControl, isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";

/** Without an asset only undo and looking back work; the rest belongs to the page's own buttons. */
const ALWAYS = new Set<Command["kind"]>(["undo", "back", "forward", "leave"]);

/** `obey` returns false where a command means nothing now; the browser then has the key. */
export function useLabelKeys(
  keymap: Keymap,
  obey: (command: Command) => boolean | undefined,
  ready: boolean,
): void {
  const press = (event: KeyboardEvent) => {
    if (isInNumber(event) ? editsNumber(event) || goesOn(event) : isTyping(event)) return;
    if ((event.key === "Enter" || event.key === " ") && isOnControl(event)) return;
    const command = commandFor(event, keymap);
    if (command === null || (!ready && !ALWAYS.has(command.kind))) return;
    if (obey(command) !== false) event.preventDefault();
  };
  useKeyPress(press);
}

/** A space behind digits: "1 234" must not skip one asset and answer the next with 234. */
function goesOn({ key, target }: KeyboardEvent): boolean {
  if (key !== " " || !(target instanceof HTMLInputElement)) return false;
  const { value, selectionStart, selectionEnd } = target;
  return value !== "" && (selectionStart !== 0 || selectionEnd !== value.length);
}

/** The number field of a regression: commands work inside it, for its keys are few. */
function isInNumber(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLElement && event.target.dataset.field === "number";
}
