/** Connects the keyboard to the label page. */
import { useEffect } from "react";
import type { ClassDefinition } from "../api/types";
import { isOnControl, isTyping } from "../shell/typing";
import { type Command, commandFor } from "./keys";

/** Without an asset only undo and looking back work; the rest belongs to the page's own buttons. */
const ALWAYS = new Set<Command["kind"]>(["undo", "back", "forward", "leave"]);

export function useLabelKeys(
  classes: readonly ClassDefinition[],
  obey: (command: Command) => void,
  ready: boolean,
): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      if ((event.key === "Enter" || event.key === " ") && isOnControl(event)) return;
      const command = commandFor(event, classes);
      if (command === null || (!ready && !ALWAYS.has(command.kind))) return;
      event.preventDefault();
      obey(command);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [classes, obey, ready]);
}
