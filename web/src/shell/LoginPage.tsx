/** What somebody without a session sees: how to get a link, and a field for it. */
import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import { waitingHere } from "../label/outboxStore";
import { plural } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { Mark } from "./Mark";
import styles from "./shell.module.css";
import { type Link, linkIn } from "./token";

type Props = { problem: ApiError | null; enter: (link: Link) => Promise<void> };

export function LoginPage({ problem, enter }: Props) {
  const [text, setText] = useState("");
  const [waiting] = useState(waitingHere);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError | null>(null);
  const shown =
    refused ?? (problem?.status === 401 && problem.code === "unauthenticated" ? null : problem);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(null);
    try {
      await enter(linkIn(text) ?? { kind: "token", secret: text.trim() });
    } catch (failure) {
      setRefused(failure instanceof ApiError ? failure : null);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className={styles.login}>
      <div className={styles.loginCard}>
        <Mark size={40} />
        <h1>Sign in to Querist</h1>
        <p>
          Run <code>querist serve</code> in the project's folder and open the link it prints. Each
          link works once; <code>querist serve</code> prints a new one whenever it starts. If
          somebody invited you, ask them for a new link.
        </p>
        {waiting > 0 && (
          <p role="status" className={styles.loginWaiting}>
            {plural(waiting, "decision")} of yours {waiting === 1 ? "waits" : "wait"} in this
            browser and will be sent when you have signed in under the same name.
          </p>
        )}
        {shown && <ErrorNotice error={shown} />}
        <form onSubmit={submit}>
          <PasswordInput
            label="Link or token"
            description="Paste the whole link, or the part behind #token="
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            size="md"
            data-autofocus
          />
          <Button type="submit" size="md" fullWidth mt="md" loading={busy} disabled={!text.trim()}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}
