/** What somebody with an invitation sees: a field for the name to work under. */
import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import { ErrorNotice } from "../parts/Notices";
import { Mark } from "./Mark";
import styles from "./shell.module.css";

type Props = { join: (name: string) => Promise<void> };

export function InvitationPage({ join }: Props) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(null);
    try {
      await join(name.trim());
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
        <h1>You are invited</h1>
        <p>Choose the name that your labels will carry. The invitation is good for one person.</p>
        {refused && <ErrorNotice error={refused} />}
        <form onSubmit={submit}>
          <TextInput
            label="Your name"
            placeholder="ana"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="username"
            size="md"
            data-autofocus
          />
          <Button type="submit" size="md" fullWidth mt="md" loading={busy} disabled={!name.trim()}>
            Join the project
          </Button>
        </form>
      </div>
    </main>
  );
}
