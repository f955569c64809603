/** A label that somebody else changed meanwhile: both versions side by side, and which one to keep. */
import { Button } from "@mantine/core";
import { className } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { ago } from "../parts/format";
import styles from "./label.module.css";
import type { Entry, Outbox } from "./outbox";
import { useOutboxEntries } from "./outboxStore";
import { newId } from "./useLabelSession";

type Props = { outbox: Outbox; settled: () => void };

export function Conflicts({ outbox, settled }: Props) {
  const troubled = useOutboxEntries().filter(
    (entry) => entry.state === "conflict" || entry.state === "refused",
  );
  const entry = troubled[0];
  if (!entry) return null;
  return (
    <section className={styles.conflict} role="alertdialog" aria-label="Two versions of a label">
      <h2>
        {entry.state === "conflict"
          ? "Somebody changed this meanwhile"
          : "This could not be stored"}
        {troubled.length > 1 && <small> 1 of {troubled.length}</small>}
      </h2>
      {entry.cargo.kind === "label" ? (
        <Versions entry={entry} outbox={outbox} settled={settled} />
      ) : (
        <Refused entry={entry} outbox={outbox} />
      )}
    </section>
  );
}

function Versions({ entry, outbox, settled }: Props & { entry: Entry }) {
  if (entry.cargo.kind !== "label") return null;
  const { body } = entry.cargo;
  const keepMine = () => {
    outbox.drop(entry.id);
    outbox.add({
      kind: "label",
      body: {
        ...body,
        submission_id: newId(),
        expected_version: entry.theirs?.version ?? null,
        task_id: body.task_id,
      },
    });
    settled();
  };
  const keepTheirs = () => {
    outbox.drop(entry.id);
    settled();
  };
  return (
    <>
      <div className={styles.versions}>
        <span className={styles.versionMedia}>
          <Thumbnail id={body.asset_id} media="image" text={null} />
        </span>
        <dl>
          <div>
            <dt>Yours</dt>
            <dd>{nameOf(className(body.value), body.action)}</dd>
          </div>
          {entry.theirs && (
            <div>
              <dt>Theirs</dt>
              <dd>
                {nameOf(className(entry.theirs.value), entry.theirs.action)}
                <small>
                  {entry.theirs.annotator}, {ago(entry.theirs.created_at)}
                </small>
              </dd>
            </div>
          )}
        </dl>
      </div>
      {entry.state === "refused" && <p className={styles.problem}>{entry.problem}</p>}
      <div className={styles.conflictButtons}>
        <Button size="xs" variant="default" onClick={keepTheirs}>
          {entry.theirs ? "Keep theirs" : "Drop mine"}
        </Button>
        <Button size="xs" onClick={keepMine}>
          {entry.theirs ? "Keep mine" : "Send again"}
        </Button>
      </div>
    </>
  );
}

function Refused({ entry, outbox }: { entry: Entry; outbox: Outbox }) {
  return (
    <>
      <p className={styles.problem}>{entry.problem}</p>
      <div className={styles.conflictButtons}>
        <Button size="xs" variant="default" onClick={() => outbox.drop(entry.id)}>
          Understood
        </Button>
      </div>
    </>
  );
}

function nameOf(name: string | null, action: string) {
  if (name !== null) return <ClassChip name={name} />;
  return action === "skip" ? "skipped" : action === "cannot_tell" ? "cannot tell" : "no label";
}
