/** The asset itself, as large as it fits; above it where we are, below it why this one. */
import { className } from "../api/types";
import { AssetView } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { count, percent, plural } from "../parts/format";
import { Key } from "../parts/Key";
import styles from "./label.module.css";
import type { Decision, Item, Session } from "./session";

type Props = { item: Item; edited: Decision | null; session: Session };

export function Stage({ item, edited, session }: Props) {
  return (
    <>
      <header className={styles.stageHead}>
        <Progress session={session} round={item.round} editing={edited !== null} />
        <Suggestion item={item} edited={edited} />
      </header>
      <div
        className={styles.stage}
        data-media={item.asset.media}
        data-testid="stage"
        data-asset={item.asset.id}
      >
        <AssetView
          key={item.asset.media === "image" ? "picture" : item.asset.id}
          asset={item.asset}
          large
        />
      </div>
      <footer className={styles.why} data-testid="why">
        {edited ? (
          <>
            Looking at an earlier decision. Press a class to change it, <Key of="Escape" /> to go
            back.
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
  if (edited) {
    const name = className(edited.value);
    return (
      <span className={styles.suggestion}>
        Now{" "}
        {name ? <ClassChip name={name} /> : edited.action === "skip" ? "skipped" : "cannot tell"}
      </span>
    );
  }
  const name = className(item.prelabel);
  if (name === null) return null;
  return (
    <span className={styles.suggestion}>
      Suggestion <ClassChip name={name} hollow />
      {item.confidence !== null && percent(item.confidence, 0)} <Key of="Enter" />
    </span>
  );
}
