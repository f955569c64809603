/** A chord as its keys side by side; nothing where there is none. */
import { Key } from "../parts/Key";
import { keysOfChord } from "./chords";
import styles from "./keys.module.css";

export function Chord({ of }: { of: string | undefined }) {
  if (of === undefined) return null;
  return (
    <span className={styles.chord}>
      {keysOfChord(of).map((key) => (
        <Key key={key} of={key} />
      ))}
    </span>
  );
}
