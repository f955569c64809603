/** The asset itself, as large as it fits; above it where we are, below it why this one. */
import type { ReactNode } from "react";
import { Chord } from "../keys/Chord";
import { useKeymap } from "../keys/keyStore";
import { AssetView } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { count, percent, plural } from "../parts/format";
import { valueText } from "../parts/valueText";
import { ClosePicture } from "../picture/ClosePicture";
import styles from "./label.module.css";
import { usePurpose } from "./purpose";
import type { Decision, Item, Session } from "./session";

type Props = {
  item: Item;
  edited: Decision | null;
  session: Session;
  /** Whether work on this asset waits to be submitted. */
  unsent?: boolean;
  /** Whether this browser has no room to keep that work. */
  full?: boolean;
  /** An editor in place of the bare asset; it fills the stage. */
  children?: ReactNode;
};

export function Stage({ item, edited, session, unsent = false, full = false, children }: Props) {
  const keymap = useKeymap();
  const purpose = usePurpose();
  return (
    <>
      <header className={styles.stageHead}>
        {purpose.kind === "fix" ? (
          <strong className={styles.purpose}>Fix the label of {purpose.of}</strong>
        ) : (
          <Progress session={session} round={item.round} editing={edited !== null} />
        )}
        <span className={styles.stageNotes}>
          {unsent && (
            <span className={styles.unsent} data-testid="unsent" data-full={full || undefined}>
              {full
                ? "No room in this browser: submit before you leave"
                : "Draft kept in this browser"}
            </span>
          )}
          <Suggestion item={item} edited={edited} />
        </span>
      </header>
      <div
        className={styles.stage}
        data-media={item.asset.media}
        data-full={children !== undefined || item.asset.media === "image" || undefined}
        data-testid="stage"
        data-asset={item.asset.id}
      >
        {children ??
          (item.asset.media === "image" ? (
            <ClosePicture asset={item.asset} keymap={keymap} />
          ) : (
            <AssetView key={item.asset.id} asset={item.asset} large />
          ))}
      </div>
      <footer className={styles.why} data-testid="why">
        {purpose.kind === "fix" ? (
          <>
            <Chord of={keymap.keysOf("accept")[0]} /> stores the right label in your name.{" "}
            <Chord of={keymap.keysOf("leave")[0]} /> goes back to the review; what you drew stays.
          </>
        ) : edited ? (
          <>
            Looking at an earlier decision. Change it, or <Chord of={keymap.keysOf("leave")[0]} />{" "}
            to go back.
          </>
        ) : (
          item.why && (
            <>
              <strong>Why this one</strong> {item.why}
            </>
          )
        )}
      </footer>
    </>
  );
}

type ProgressProps = { session: Session; round: number | null; editing: boolean };

function Progress({ session, round, editing }: ProgressProps) {
  const all = session.decided + session.remaining;
  const share = all > 0 ? session.decided / all : 0;
  return (
    <div className={styles.batch}>
      <div
        className={styles.batchBar}
        role="progressbar"
        aria-label="This batch"
        aria-valuemin={0}
        aria-valuemax={all}
        aria-valuenow={session.decided}
      >
        <span style={{ transform: `scaleX(${share})` }} />
      </div>
      <span data-testid="progress">
        {round !== null && !editing && <>Round {round} · </>}
        {plural(session.remaining, "left", "left")}
        {session.decided > 0 && <> · {count(session.decided)} decided now</>}
      </span>
    </div>
  );
}

function Suggestion({ item, edited }: { item: Item; edited: Decision | null }) {
  const keymap = useKeymap();
  if (edited) {
    const { value } = edited;
    return (
      <span className={styles.suggestion}>
        Now{" "}
        {value?.type === "class" ? (
          <ClassChip name={value.name} />
        ) : (
          (valueText(value) ?? (edited.action === "skip" ? "skipped" : "cannot tell"))
        )}
      </span>
    );
  }
  const { prelabel } = item;
  if (!prelabel) return null;
  const takes = prelabel.type === "class" ? "accept" : "take";
  return (
    <span className={styles.suggestion}>
      Suggestion{" "}
      {prelabel.type === "class" ? (
        <ClassChip name={prelabel.name} hollow />
      ) : (
        <span>{valueText(prelabel)}</span>
      )}
      {item.confidence !== null && percent(item.confidence, 0)}{" "}
      <Chord of={keymap.keysOf(takes)[0]} />
    </span>
  );
}
