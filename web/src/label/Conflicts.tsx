/** What could not be stored: both versions side by side where two stand, and what to do about it. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useRef } from "react";
import type { Media, Value } from "../api/types";
import { Chord } from "../keys/Chord";
import { commandFor, type Keymap } from "../keys/keymap";
import { Thumbnail } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { ago, count } from "../parts/format";
import { valueText } from "../parts/valueText";
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import styles from "./label.module.css";
import { assetOf, type Entry, inTrouble, type Outbox } from "./outbox";
import { useOutboxEntries } from "./outboxStore";
import { isLabel, type Keep, type LabelEntry, mayBeSentAgain, refusedAlike } from "./settling";

type Props = {
  outbox: Outbox;
  media: Media;
  keymap: Keymap;
  settle: (entry: LabelEntry, keep: Keep) => void;
  /** Put a refused label on the stage again; elsewhere a link leads to where that can be done. */
  anew?: (entry: LabelEntry) => void;
  /** The decision on the stage: while it is made anew nothing is asked. */
  editing?: string | null;
  /** Look at an asset again whose review came too late; not everywhere possible. */
  again?: (assetId: string) => void;
};

export function Conflicts({ outbox, media, keymap, settle, anew, editing, again }: Props) {
  const troubled = useOutboxEntries().filter(inTrouble);
  const box = useRef<HTMLElement>(null);
  useKeyPress((event) => {
    const inNumber = event.target instanceof HTMLElement && event.target.dataset.field === "number";
    if (!box.current || (isTyping(event) && !inNumber)) return;
    if (commandFor(event, keymap)?.kind !== "settle") return;
    event.preventDefault();
    box.current.querySelector<HTMLElement>("[data-first]")?.focus();
  });
  const entry = troubled[0];
  if (!entry || troubled.some(({ id }) => id === editing)) return null;
  const late = isLabel(entry) ? entry.theirs !== null : entry.status === 409;
  return (
    <section
      className={styles.conflict}
      role="alertdialog"
      aria-labelledby="trouble"
      ref={box}
      onKeyDown={backToThePage}
    >
      <h2 id="trouble">
        {late ? "Somebody changed this meanwhile" : "This could not be stored"}
        {troubled.length > 1 && <small>1 of {count(troubled.length)}</small>}
        <Chord of={keymap.keysOf("settle")[0]} />
      </h2>
      {!isLabel(entry) ? (
        <Refused entry={entry} outbox={outbox} again={again} />
      ) : entry.theirs ? (
        <Versions entry={entry} media={media} settle={settle} />
      ) : (
        <Unstored entry={entry} media={media} settle={settle} anew={anew} troubled={troubled} />
      )}
    </section>
  );
}

/** Escape gives the keys back to the page. */
function backToThePage(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "Escape" || !(event.target instanceof HTMLElement)) return;
  event.target.blur();
  event.stopPropagation();
}

type LabelProps = Pick<Props, "media" | "settle"> & { entry: LabelEntry };

/** Two versions of a label: which one to keep. */
function Versions({ entry, media, settle }: LabelProps) {
  return (
    <>
      <Said entry={entry} media={media} />
      <div className={styles.conflictButtons}>
        <Button size="xs" variant="default" onClick={() => settle(entry, "theirs")}>
          Keep theirs
        </Button>
        <Button size="xs" data-first onClick={() => settle(entry, "mine")}>
          Keep mine
        </Button>
      </div>
    </>
  );
}

/** A label that was refused, and that nobody else has changed. */
function Unstored({
  entry,
  media,
  settle,
  anew,
  troubled,
}: LabelProps & Pick<Props, "anew"> & { troubled: readonly Entry[] }) {
  const alike = refusedAlike(troubled, entry);
  // The last one first: each comes before the others in the queue.
  const drop = () => {
    for (const one of alike.toReversed()) settle(one, "theirs");
  };
  return (
    <>
      <Said entry={entry} media={media} />
      <p className={styles.problem}>{entry.problem} What you drop is asked again.</p>
      <div className={styles.conflictButtons}>
        {alike.length > 1 && (
          <Button size="xs" variant="default" onClick={drop}>
            Drop all {count(alike.length)}
          </Button>
        )}
        <Button size="xs" variant="default" onClick={() => settle(entry, "theirs")}>
          Drop mine
        </Button>
        {mayBeSentAgain(entry) ? (
          <Button size="xs" data-first onClick={() => settle(entry, "mine")}>
            Send again
          </Button>
        ) : !anew ? (
          <Button size="xs" data-first component={Link} to="/label">
            Open Label
          </Button>
        ) : (
          entry.cargo.item && (
            <Button size="xs" data-first onClick={() => anew(entry)}>
              Decide anew
            </Button>
          )
        )}
      </div>
    </>
  );
}

function Said({ entry, media }: Pick<LabelProps, "entry" | "media">) {
  const { cargo, theirs } = entry;
  const { body, item } = cargo;
  return (
    <div className={styles.versions}>
      <span className={styles.versionMedia}>
        <Thumbnail id={body.asset_id} media={media} text={item?.asset.text ?? null} />
      </span>
      <dl>
        <div>
          <dt>Yours</dt>
          <dd>{nameOf(body.value, body.action)}</dd>
        </div>
        {theirs && (
          <div>
            <dt>Theirs</dt>
            <dd>
              {nameOf(theirs.value, theirs.action)}
              <small>
                {theirs.annotator}, {ago(theirs.created_at)}
              </small>
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}

type RefusedProps = { entry: Entry } & Pick<Props, "outbox" | "again">;

/** A review, or a withdrawal, that was refused. */
function Refused({ entry, outbox, again }: RefusedProps) {
  const isReview = entry.cargo.kind === "review" && again !== undefined;
  return (
    <>
      <p className={styles.problem}>{entry.problem}</p>
      <div className={styles.conflictButtons}>
        <Button
          size="xs"
          variant="default"
          data-first={!isReview || undefined}
          onClick={() => outbox.drop(entry.id)}
        >
          Understood
        </Button>
        {isReview && (
          <Button
            size="xs"
            data-first
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

function nameOf(value: Value | null | undefined, action: string | undefined) {
  if (value?.type === "class") return <ClassChip name={value.name} />;
  if (value) return valueText(value);
  return action === "skip" ? "skipped" : action === "cannot_tell" ? "cannot tell" : "no label";
}
