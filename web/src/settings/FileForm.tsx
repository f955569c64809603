/** A form that brings a file in: sent from this computer, or named by its path on the server. */
import { Button, Progress, SegmentedControl, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { Job } from "../api/types";
import { JobOutcome } from "../jobs/JobOutcome";
import { useOneJob } from "../jobs/useOneJob";
import { fileSize, percent } from "../parts/format";
import { DropZone } from "./DropZone";
import styles from "./settings.module.css";
import { upload } from "./upload";

type Told = Record<string, string | boolean>;

type Props<T extends Told> = {
  /** Of the job. */
  kind: string;
  go: string;
  sample: string;
  /** What goes along with the file. */
  told: T;
  /** The route of a path on the server; owners only. */
  byPath?: (body: { path: string } & T) => Promise<Job>;
  /** The route that a file is sent to, and the endings that it takes. */
  sent?: { path: string; kinds: readonly string[] };
  done?: (job: Job) => ReactNode;
  children?: ReactNode;
};

export function FileForm<T extends Told>(props: Props<T>) {
  const { kind, go, sample, told, byPath, sent, done, children } = props;
  const [byFile, setByFile] = useState(sent !== undefined);
  const [path, setPath] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState(0);
  const line = useRef<AbortController | null>(null);
  useEffect(() => () => line.current?.abort(), []);
  const of = useOneJob(kind, (from: File | string) => {
    if (typeof from === "string" || !sent)
      return byPath?.({ ...told, path: String(from) }) ?? Promise.reject(new Error(go));
    line.current = new AbortController();
    setShare(0);
    const { signal } = line.current;
    return upload(sent.path, { file: from, told, signal, progress: setShare });
  });
  const from = byFile ? file : path.trim() || null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (of.busy || from === null) return;
    of.start.mutate(from, {
      onError: (error) => error.name === "AbortError" && of.start.reset(),
    });
  };
  const sending = byFile && of.start.isPending;
  return (
    <form className={styles.stack} onSubmit={submit}>
      {sent && byPath && (
        <SegmentedControl
          className={styles.ways}
          aria-label="Where the file is"
          value={byFile ? "file" : "path"}
          onChange={(way) => setByFile(way === "file")}
          disabled={of.busy}
          data={[
            { value: "file", label: "On this computer" },
            { value: "path", label: "On the server" },
          ]}
        />
      )}
      {byFile && sent ? (
        <DropZone file={file} kinds={sent.kinds} disabled={of.busy} choose={setFile} />
      ) : (
        <TextInput
          label="Path on the server"
          required
          placeholder={sample}
          spellCheck={false}
          autoComplete="off"
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
        />
      )}
      {children}
      {sending && file && (
        <div className={styles.sending}>
          <Progress value={100 * share} size={6} transitionDuration={120} aria-label="Sending" />
          <span>
            {percent(share, 0)} of {fileSize(file.size)} sent
          </span>
        </div>
      )}
      <div className={styles.buttons}>
        <Button type="submit" variant="default" loading={of.busy} disabled={from === null}>
          {go}
        </Button>
        {sending && (
          <Button variant="subtle" color="red" onClick={() => line.current?.abort()}>
            Cancel
          </Button>
        )}
      </div>
      <JobOutcome of={of}>{done}</JobOutcome>
    </form>
  );
}
