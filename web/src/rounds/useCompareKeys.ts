/** The keyboard on the comparison: the next batch, the galleries, the other way round, closing. */
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import { type ChangeCompare, type CompareSearch, KINDS } from "./compareSearch";

export function useCompareKeys(search: CompareSearch, change: ChangeCompare, swap: () => void) {
  const press = (event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    // A key that is held would turn the models over and over, or draw batch after batch.
    if (event.defaultPrevented || event.repeat) return;
    const kind = KINDS[Number(event.key) - 1];
    if (event.key === "Escape" && search.asset) change({ asset: undefined });
    else if (kind) change({ gallery: kind });
    else if (event.key.toLowerCase() === "x") swap();
    else if (event.key.toLowerCase() === "b")
      document.querySelector<HTMLButtonElement>("button[data-main]")?.click();
  };
  useKeyPress(press);
}
