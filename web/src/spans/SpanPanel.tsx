/** Beside the text: which span is chosen, or how the next one is made. */
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import { ClassChip } from "../parts/ClassChip";
import { count, plural } from "../parts/format";
import styles from "./spans.module.css";
import type { Span } from "./spansDraft";
import { type Range, toPositions } from "./words";

type Props = {
  text: string;
  spans: readonly Span[];
  chosen: Span | null;
  cursor: Range | null;
  active: string | null;
  problem: string | null;
  suggested: number;
  keymap: Keymap;
};

export function SpanPanel(props: Props) {
  return (
    <div className={styles.about} role="status" data-testid="about-span">
      <What {...props} />
      {props.problem && <span className={styles.problem}>{props.problem}</span>}
      {props.suggested > 0 && (
        <span>
          {plural(props.suggested, "suggestion")}, <Chord of={props.keymap.keysOf("take")[0]} />{" "}
          takes {props.suggested === 1 ? "it" : "them"}
        </span>
      )}
    </div>
  );
}

function What({ text, spans, chosen, cursor, active }: Props) {
  if (chosen) {
    const { start, end } = toPositions(text, chosen);
    return (
      <>
        <span className={styles.aboutHead}>
          Span {spans.indexOf(chosen) + 1} of {count(spans.length)} <ClassChip name={chosen.name} />
        </span>
        <span className={styles.quote}>“{text.slice(start, end)}”</span>
      </>
    );
  }
  if (cursor)
    return (
      <>
        <span className={styles.aboutHead}>
          <span className={styles.quote}>“{text.slice(cursor.start, cursor.end)}”</span>
        </span>
        <span>A class key makes it a span</span>
      </>
    );
  return (
    <>
      <span className={styles.aboutHead}>
        {plural(spans.length, "span")}
        {active !== null && (
          <>
            , next <ClassChip name={active} />
          </>
        )}
      </span>
      <span>Select words by mouse, or by arrow keys</span>
    </>
  );
}
