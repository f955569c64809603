/** Keys that work on every page: `?` for the cheat sheet, G and a letter to go somewhere. */
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { isTyping } from "./typing";

const PLACES = { h: "/", c: "/catalog", l: "/label", r: "/rounds" } as const;

export function useShellKeys(showKeys: () => void): void {
  const navigate = useNavigate();
  const labelling = useRouterState({ select: (state) => state.location.pathname === "/label" });
  const goSince = useRef(0);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") {
        event.preventDefault();
        showKeys();
        return;
      }
      if (labelling) return;
      const key = event.key.toLowerCase();
      if (key in PLACES && performance.now() - goSince.current < 1_200) {
        event.preventDefault();
        void navigate({ to: PLACES[key as keyof typeof PLACES] });
      }
      goSince.current = key === "g" ? performance.now() : 0;
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [navigate, labelling, showKeys]);
}
