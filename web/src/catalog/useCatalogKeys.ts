/** The keyboard in the catalog: move, open, select, clear. */
import type { RefObject } from "react";
import { isOnControl, isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import type { ChangeSearch } from "./CatalogPage";
import type { CatalogSearch } from "./search";
import type { AssetWindow } from "./useAssetWindow";
import type { BulkDesk } from "./useBulk";
import type { CatalogSelection } from "./useSelection";

type Wiring = {
  window: AssetWindow;
  focus: number;
  setFocus: (index: number) => void;
  columns: RefObject<number>;
  selection: CatalogSelection;
  bulk: BulkDesk;
  search: CatalogSearch;
  change: ChangeSearch;
  filtering: boolean;
  setFiltering: (on: boolean) => void;
};

/** Open the form for the selected assets; where there is none, Enter on the button is still asked. */
function askForLabel(): void {
  const button = document.querySelector<HTMLElement>("[data-bulk]");
  button?.focus();
  if (button?.dataset.bulk === "asks") button.click();
}

/** Where an arrow key leads in a grid; null when the key does not move. */
export function move(key: string, focus: number, columns: number, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * 4,
    PageDown: columns * 4,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  if (step === undefined) return null;
  return Math.max(0, Math.min(count - 1, focus + step));
}

export function useCatalogKeys(wiring: Wiring): void {
  const { window: assets, focus, setFocus, columns, selection, bulk, search, change } = wiring;
  const press = (event: KeyboardEvent) => {
    // A letter typed before the form's field has the focus is none of the grid's keys.
    if (isTyping(event) || event.altKey || document.querySelector("[data-bulk][data-opened]"))
      return;
    const pressed = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (pressed === "z" && !event.shiftKey) bulk.undo();
      return;
    }
    const target = move(event.key, focus, columns.current, assets.count);
    const card = assets.cardAt(target ?? focus);
    if (target !== null) {
      setFocus(target);
      if (search.asset && card) change({ asset: card.id });
    } else if (event.key === "Escape") {
      if (wiring.filtering) wiring.setFiltering(false);
      else if (search.asset) change({ asset: undefined });
      else selection.clear();
    } else if (pressed === "a") selection.all();
    else if (pressed === "x" && card) selection.click(focus, card, event.shiftKey);
    else if (pressed === "l") askForLabel();
    else if (pressed === "s") bulk.give({ value: null, how: "replace" });
    else if (pressed === "u") bulk.undo();
    else if (event.key === "/") document.getElementById("catalog-text")?.focus();
    else if (event.key === "Enter" && card && !isOnControl(event)) change({ asset: card.id });
    else return;
    event.preventDefault();
  };
  useKeyPress(press);
}
