/** The spans of one answer in their text, to look at and not to change. */
import { useMemo } from "react";
import type { Value } from "../api/types";
import { ClassChip, hexOf, useClassColour } from "../parts/ClassChip";
import { codec } from "../spans/spansDraft";
import { TextStage } from "../spans/TextStage";
import { toPositions } from "../spans/words";
import styles from "./review.module.css";

const WISHES = { draw: () => undefined, select: () => undefined };

type Props = { id: string; text: string; value: Value | null };

export function SpansAnswer({ id, text, value }: Props) {
  const colour = useClassColour();
  const spans = useMemo(() => codec.of(value), [value]);
  const marks = useMemo(
    () =>
      spans.map((span) => ({
        id: span.id,
        ...toPositions(text, span),
        colour: hexOf(colour(span.name)),
        chosen: false,
      })),
    [spans, text, colour],
  );
  return (
    <div className={styles.spans}>
      <TextStage id={id} text={text} marks={marks} wishes={WISHES} />
      <ul className={styles.spanNames} aria-label="Spans">
        {marks.map(({ start, end }, at) => (
          <li key={spans[at]?.id}>
            <ClassChip name={spans[at]?.name ?? ""} /> <q>{text.slice(start, end)}</q>
          </li>
        ))}
      </ul>
    </div>
  );
}
