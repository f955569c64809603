/** A label that somebody else changed meanwhile: both versions side by side, and which one to keep. */
import { Button } from "@mantine/core";
import type { Media, Value } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { ago } from "../parts/format";
import { valueText } from "../parts/valueText";
import styles from "./label.module.css";
import { assetOf, type Entry, type Outbox } from "./outbox";
import { useOutboxEntries } from "./outboxStore";

type Props = {
  outbox: Outbox;
  media: Media;
  settle: (entry: Entry, keep: "mine" | "theirs") => void;
  /** Look at an asset again whose review came too late; not everywhere possible. */
  again?: (assetId: string) => void;
};

export function Conflicts({ outbox, media, settle, again }: Props) {
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
        <Versions entry={entry} media={media} settle={settle} />
      ) : (
        <Refused entry={entry} outbox={outbox} again={again} />
      )}
    </section>
  );
}

function Versions({ entry, media, settle }: Omit<Props, "outbox" | "again"> & { entry: Entry }) {
  if (entry.cargo.kind !== "label") return null;
  const { body } = entry.cargo;
  return (
    <>
      <div className={styles.versions}>
        <span className={styles.versionMedia}>
          <Thumbnail id={body.asset_id} media={media} text={null} />
        </span>
        <dl>
          <div>
            <dt>Yours</dt>
            <dd>{nameOf(body.value, body.action)}</dd>
          </div>
          {entry.theirs && (
            <div>
              <dt>Theirs</dt>
              <dd>
                {nameOf(entry.theirs.value, entry.theirs.action)}
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
        <Button size="xs" variant="default" onClick={() => settle(entry, "theirs")}>
          {entry.theirs ? "Keep theirs" : "Drop mine"}
        </Button>
        <Button size="xs" onClick={() => settle(entry, "mine")}>
          {entry.theirs ? "Keep mine" : "Send again"}
        </Button>
      </div>
    </>
  );
}

type RefusedProps = { entry: Entry } & Pick<Props, "outbox" | "again">;

function Refused({ entry, outbox, again }: RefusedProps) {
  const isReview = entry.cargo.kind === "review" && again !== undefined;
  return (
    <>
      <p className={styles.problem}>{entry.problem}</p>
      <div className={styles.conflictButtons}>
        <Button size="xs" variant="default" onClick={() => outbox.drop(entry.id)}>
          Understood
        </Button>
        {isReview && (
          <Button
            size="xs"
            onClick={() => {
              outbox.drop(entry.id);
              again(assetOf(entry.cargo));
            }}
          >
            Look at it again
          </Button>
        )}
      </div>
    </>
  );
}

function nameOf(value: Value | null | undefined, action: string) {
  if (value?.type === "class") return <ClassChip name={value.name} />;
  if (value) return valueText(value);
  return action === "skip" ? "skipped" : action === "cannot_tell" ? "cannot tell" : "no label";
}
