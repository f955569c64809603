/** Asks people about random assets among those that could be accepted. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { NumberField } from "../parts/NumberField";
import styles from "./autolabel.module.css";
import type { AutoActions } from "./useAutoJobs";

type Props = {
  ask: AutoActions["ask"];
  promise: number;
  suggested: number;
  busy: boolean;
  primary?: boolean;
};

export function AskForm({ ask, promise, suggested, busy, primary = false }: Props) {
  const [typed, setTyped] = useState<number | null>(null);
  const number = typed ?? suggested;
  return (
    <form
      className={styles.ask}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate({ count: number, max_error: promise });
      }}
    >
      <NumberField
        aria-label="How many checks"
        whole
        lowest={1}
        highest={100_000}
        w={96}
        value={number}
        change={setTyped}
      />
      <Button
        type="submit"
        variant={primary ? "filled" : "default"}
        loading={ask.isPending}
        disabled={busy}
      >
        Ask for checks
      </Button>
    </form>
  );
}
