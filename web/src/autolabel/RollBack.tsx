/** Takes a set back, with a reason for its history. */
import { Button, Popover, TextInput } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useState } from "react";
import type { AutoLabelSet } from "../api/types";
import { plural } from "../parts/format";
import { Key } from "../parts/Key";
import styles from "./autolabel.module.css";
import type { AutoActions } from "./useAutoJobs";

type Props = {
  set: AutoLabelSet;
  rollBack: AutoActions["rollBack"];
  /** Whether the page's key means this set. */
  keyed: boolean;
  opened: boolean;
  setOpened: (opened: boolean) => void;
};

export function RollBack({ set, rollBack, keyed, opened, setOpened }: Props) {
  const [reason, setReason] = useState("");
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={320} trapFocus>
      <Popover.Target>
        <Button
          className={styles.setEnd}
          size="xs"
          variant={set.broken ? "filled" : "default"}
          color={set.broken ? "red.9" : undefined}
          leftSection={<IconArrowBackUp size={14} />}
          rightSection={keyed && <Key of="R" />}
          onClick={() => setOpened(!opened)}
        >
          Roll back
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Roll back">
        <form
          className={styles.reason}
          onSubmit={(event) => {
            event.preventDefault();
            rollBack.mutate(
              { id: set.id, reason: reason.trim() || "By hand." },
              { onSettled: () => setOpened(false) },
            );
          }}
        >
          <p className={styles.hint}>
            Labels that a person has confirmed or mended stay. Nothing leaves the log.
          </p>
          <TextInput
            label="Why"
            placeholder="By hand."
            value={reason}
            maxLength={1_000}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
          <Button type="submit" color="red.9" loading={rollBack.isPending}>
            Take back {plural(set.holding, "label")}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
