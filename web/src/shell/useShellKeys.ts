/** Keys that work on every page: `?` for the cheat sheet, G and a letter to go somewhere. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useRef } from "react";
import { sessionQuery } from "../api/queries";
import { pagesFor } from "./pages";
import { isTyping } from "./typing";
import { useKeyPress } from "./useKeyPress";

/** How long after G a letter means a place, in milliseconds. */
const GO_WITHIN = 2_000;
/** Where letters are the keys of classes. */
const LETTERED = new Set(["/label", "/review", "/guesses"]);

export function useShellKeys(showKeys: () => void): void {
  const navigate = useNavigate();
  const me = useQuery(sessionQuery).data;
  const labelling = useRouterState({ select: (state) => LETTERED.has(state.location.pathname) });
  const goSince = useRef(Number.NEGATIVE_INFINITY);
  const press = (event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") {
      event.preventDefault();
      showKeys();
      return;
    }
    if (labelling) return;
    const key = event.key.toLowerCase();
    const page = pagesFor(me).find((other) => other.key === key);
    // When it was pressed, not when a busy page came to hear it.
    if (page && event.timeStamp - goSince.current < GO_WITHIN) {
      event.preventDefault();
      void navigate({ to: page.to });
    }
    goSince.current = key === "g" ? performance.now() : Number.NEGATIVE_INFINITY;
  };
  // Before the page's own keys: after G a letter means a place, whatever it means on the page.
  useKeyPress(press, true);
}
