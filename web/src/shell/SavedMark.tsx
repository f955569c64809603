/** Saved, saving, offline or in trouble: where the decisions of this browser are. */
import { Tooltip } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCloudCheck,
  IconCloudOff,
  IconCloudUpload,
} from "@tabler/icons-react";
import { type Connection, useConnection } from "../api/events";
import type { OutboxStatus } from "../label/outbox";
import { useOutboxStatus } from "../label/outboxStore";
import { plural } from "../parts/format";
import styles from "./shell.module.css";

type Mark = { state: "saved" | "saving" | "offline" | "trouble"; text: string; more: string };

/** What the mark says in each state. */
export function markOf(box: OutboxStatus, connection: Connection): Mark {
  if (box.trouble > 0)
    return {
      state: "trouble",
      text: `${box.trouble} to settle`,
      more: "It could not be stored as it is. Open Label or Review to say what shall become of it.",
    };
  if (!box.reachable || connection === "lost")
    return {
      state: "offline",
      text: box.pending > 0 ? `Offline, ${box.pending} waiting` : "Offline",
      more:
        box.pending > 0
          ? `${plural(box.pending, "decision")} kept in this browser; sent as soon as the server answers.`
          : "The server does not answer. Work goes on and is sent later.",
    };
  if (box.pending > 0)
    return {
      state: "saving",
      text: "Saving",
      more: `${plural(box.pending, "decision")} on the way.`,
    };
  return { state: "saved", text: "Saved", more: "Every decision is stored on the server." };
}

const ICONS = {
  saved: IconCloudCheck,
  saving: IconCloudUpload,
  offline: IconCloudOff,
  trouble: IconAlertTriangle,
};

export function SavedMark() {
  const mark = markOf(useOutboxStatus(), useConnection());
  const Icon = ICONS[mark.state];
  return (
    <Tooltip label={mark.more} multiline maw={280}>
      <div className={styles.saved} data-state={mark.state} role="status" data-testid="saved-mark">
        <Icon size={16} aria-hidden="true" />
        <span>{mark.text}</span>
      </div>
    </Tooltip>
  );
}
