/** The keyboard on the diagnosis: the next batch, findings one by one, closing what is open. */
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import type { ChangeDiagnose } from "./DiagnosePage";
import type { DiagnoseSearch } from "./diagnoseSearch";

export function useDiagnoseKeys(search: DiagnoseSearch, change: ChangeDiagnose): void {
  const press = (event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.defaultPrevented) return;
    if (event.key === "Escape") {
      if (search.asset) change({ asset: undefined });
      else if (search.truth) change({ truth: undefined, predicted: undefined });
    } else if (event.key.toLowerCase() === "b")
      document.querySelector<HTMLButtonElement>("button[data-main]")?.click();
  };
  useKeyPress(press);
}
