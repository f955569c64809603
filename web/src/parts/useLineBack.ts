/** When the browser, or the server, can be reached again: what failed meanwhile can be tried anew. */
import { useEffect, useRef } from "react";
import { useConnection } from "../api/events";

export function useLineBack(again: () => void): void {
  const latest = useRef(again);
  latest.current = again;
  const connection = useConnection();
  const was = useRef(connection);
  useEffect(() => {
    if (connection === "open" && was.current === "lost") latest.current();
    was.current = connection;
  }, [connection]);
  useEffect(() => {
    const hear = () => latest.current();
    window.addEventListener("online", hear);
    return () => window.removeEventListener("online", hear);
  }, []);
}
