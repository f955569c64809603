/** Labels for the selected assets: on its way, told, and taken back. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { newId } from "../label/newId";
import { count, plural } from "../parts/format";
import { Key } from "../parts/Key";
import { doneWords, leftWords, type Outcome, sendBulk, sendBulkUndo, type Wish } from "./bulk";
import type { CatalogSelection } from "./useSelection";

/** How many of how many are done. */
export type Progress = { done: number; of: number };
export type BulkDesk = {
  progress: Progress | null;
  give: (wish: Wish) => void;
  /** Take the last one back. */
  undo: () => void;
};
type Last = { asked: string[]; submissionId: string };

/** Long enough to read what was left alone and to think better of it. */
const SHOWN = 20_000;

/** The last one told: a newer one takes its place, so that there is one Undo in sight. */
let shown = "";

export function useBulk(selection: CatalogSelection, unit: string | undefined): BulkDesk {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress | null>(null);
  const busy = useRef(false);
  const last = useRef<Last | null>(null);
  const selecting = selection.ids.size > 0;

  // What was told lies over the bar: who selects again has read it, and U still takes it back.
  useEffect(() => {
    if (selecting) hideLast();
  }, [selecting]);

  const run = useCallback(
    async (of: number, work: (tell: (done: number) => void) => Promise<Outcome>) => {
      busy.current = true;
      try {
        return await work((done) => setProgress({ done, of }));
      } finally {
        busy.current = false;
        setProgress(null);
        for (const key of ["assets", "facets", "asset"])
          void client.invalidateQueries({ queryKey: [key] });
      }
    },
    [client],
  );

  const undo = useCallback(async () => {
    const back = last.current;
    if (back === null || busy.current) return;
    const { asked, submissionId } = back;
    const made = await run(asked.length, (tell) => sendBulkUndo(asked, submissionId, tell));
    // After a break the same can be asked again: nothing is taken back twice.
    if (made.failure === null) last.current = null;
    // Those that the bulk had left alone are no news.
    const left = leftWords({ ...made, unchanged: 0 });
    show({
      title: `Taken back from ${plural(made.stored, "asset")}`,
      message: [left, broken(made.failure)].filter(Boolean).join(" ") || "What was before holds.",
      color: made.failure || left ? "yellow" : "teal",
    });
    focusGrid();
  }, [run]);

  const give = useCallback(
    async (wish: Wish) => {
      const { ids } = selection;
      if (busy.current || ids.size === 0) return;
      const submissionId = newId();
      const made = await run(ids.size, (tell) => sendBulk(ids, wish, submissionId, tell));
      if (made.stored > 0 || made.failure !== null)
        last.current = { asked: made.asked, submissionId };
      selection.keep(made.rest);
      const still = made.rest.length > 0 ? `${count(made.rest.length)} are still selected.` : "";
      const words = [broken(made.failure), still, leftWords(made)].filter(Boolean).join(" ");
      show({
        title: doneWords(made.stored, wish, unit),
        message: (
          <>
            {words || "Saved."}
            {last.current?.submissionId === submissionId && (
              <Button variant="light" size="compact-xs" ml={8} onClick={() => void undo()}>
                Undo <Key of="U" />
              </Button>
            )}
          </>
        ),
        position: made.rest.length > 0 ? "top-center" : undefined,
        color: made.failure ? "red" : made.changed + made.refused > 0 ? "yellow" : "teal",
      });
      if (made.rest.length === 0) focusGrid();
    },
    [selection, unit, run, undo],
  );
  return { progress, give: (wish) => void give(wish), undo: () => void undo() };
}

/** The keys of the grid go on where they were. */
export function focusGrid(): void {
  document.querySelector<HTMLElement>('[data-asset][tabindex="0"]')?.focus();
}

function show(toast: Parameters<typeof notifications.show>[0]): void {
  hideLast();
  shown = notifications.show({ autoClose: SHOWN, ...toast });
}

function hideLast(): void {
  if (shown) notifications.hide(shown);
}

function broken(failure: unknown): string {
  if (failure === null) return "";
  return failure instanceof Error ? failure.message : "Something went wrong.";
}
