/** The stopwatch of the decision on the stage: restarts with it, pauses while the page is hidden. */
import { useEffect, useState } from "react";
import { Stopwatch } from "./timer";

export function useStopwatch(subject: string | null): Stopwatch {
  const [watch] = useState(() => new Stopwatch());

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new subject is a new decision
  useEffect(() => {
    watch.restart();
    if (document.hidden) watch.pause();
  }, [watch, subject]);

  useEffect(() => {
    const visible = () => (document.hidden ? watch.pause() : watch.resume());
    const touch = () => watch.touch();
    document.addEventListener("visibilitychange", visible);
    window.addEventListener("pointermove", touch, { passive: true });
    window.addEventListener("keydown", touch);
    return () => {
      document.removeEventListener("visibilitychange", visible);
      window.removeEventListener("pointermove", touch);
      window.removeEventListener("keydown", touch);
    };
  }, [watch]);
  return watch;
}
