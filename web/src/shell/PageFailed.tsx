/** What stands in a page's place when the page broke or could not be fetched. */
import { Button } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { isOffline } from "../api/client";
import { reach } from "../parts/fetched";
import { ErrorNotice, Notice } from "../parts/Notices";
import styles from "./shell.module.css";

const ASK_AGAIN = 4_000;

export function PageFailed({ error }: { error: unknown }) {
  const away = isOffline(error);
  const { retry, asking } = useRetry(away);
  const button = (
    <Button size="xs" variant="default" mt={12} loading={asking} onClick={() => void retry()}>
      Retry
    </Button>
  );
  return (
    <div className={styles.failed}>
      {away ? (
        <ErrorNotice error={error}>{button}</ErrorNotice>
      ) : (
        <Notice
          message="This page could not be shown."
          remedy={`Try again; if it stays so, tell who keeps the server what the browser says: ${words(error)}`}
        >
          {button}
        </Notice>
      )}
    </div>
  );
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Reload once the server answers: the address holds the whole view, what is unsent is kept, and a
 * browser may remember that a part did not come. Without an answer a reload would end at a blank
 * page. While the server is `away` it is asked again and again by itself.
 */
function useRetry(away: boolean) {
  const [asking, setAsking] = useState(false);
  const busy = useRef(false);
  const attempt = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      await reach();
      window.location.reload();
    } catch {
      // It is away still, and the page says so already.
    } finally {
      busy.current = false;
    }
  }, []);
  useEffect(() => {
    if (!away) return;
    const timer = window.setInterval(() => void attempt(), ASK_AGAIN);
    return () => window.clearInterval(timer);
  }, [away, attempt]);
  const retry = useCallback(async () => {
    setAsking(true);
    await attempt();
    setAsking(false);
  }, [attempt]);
  return { retry, asking };
}
