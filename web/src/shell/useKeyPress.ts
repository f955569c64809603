/** Hears the keys from the moment a page is drawn: what is seen can be answered at once. */
import { useLayoutEffect, useRef } from "react";

/** `press` may be new with every drawing; with `first` it hears before what is on the page. */
export function useKeyPress(press: (event: KeyboardEvent) => void, first = false): void {
  const latest = useRef(press);
  useLayoutEffect(() => {
    latest.current = press;
  });
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent) => latest.current(event);
    window.addEventListener("keydown", hear, first);
    return () => window.removeEventListener("keydown", hear, first);
  }, [first]);
}
