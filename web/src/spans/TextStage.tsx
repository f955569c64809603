/** The text with its spans: selected by mouse through Recogito, which draws them as well. */
import {
  createTextAnnotator,
  type TextAnnotation,
  type TextAnnotator,
} from "@recogito/text-annotator";
import "@recogito/text-annotator/text-annotator.css";
import { useEffect, useRef } from "react";
import styles from "./spans.module.css";
import type { Range } from "./words";

/**
 * A span in the text's own positions, in its class's colour; `faint` where it is only suggested,
 * `lower` where its line lies below that of another span of the same words.
 */
export type Mark = Range & {
  id: string;
  colour: string;
  chosen: boolean;
  faint?: boolean;
  lower?: boolean;
};

type Wishes = { draw: (range: Range) => void; select: (id: string | null) => void };

type Props = { id: string; text: string; marks: readonly Mark[]; wishes: Wishes };

export function TextStage({ id, text, marks, wishes }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const annotator = useRef<TextAnnotator<TextAnnotation, TextAnnotation> | null>(null);
  const wanted = useRef(wishes);
  wanted.current = wishes;
  const shown = useRef(new Map<string, Mark>());

  // biome-ignore lint/correctness/useExhaustiveDependencies: another asset is another text
  useEffect(() => {
    if (!host.current) return;
    const place = document.createElement("div");
    place.className = styles.text ?? "";
    place.textContent = text;
    host.current.replaceChildren(place);
    const made = createTextAnnotator<TextAnnotation, TextAnnotation>(place, {
      style: (annotation) => styleOf(shown.current.get(annotation.id)),
    });
    annotator.current = made;
    made.on("createAnnotation", (annotation) => {
      const range = annotation.target.selector[0];
      made.removeAnnotation(annotation.id);
      window.getSelection()?.removeAllRanges();
      if (range) wanted.current.draw({ start: range.start, end: range.end });
    });
    made.on("clickAnnotation", (annotation) => {
      if (shown.current.has(annotation.id)) wanted.current.select(annotation.id);
    });
    return () => {
      annotator.current = null;
      made.destroy();
      place.remove();
    };
  }, [id, text]);

  useEffect(() => {
    const made = annotator.current;
    if (!made) return;
    shown.current = new Map(marks.map((mark) => [mark.id, mark]));
    made.setSelected();
    made.setAnnotations(
      marks.map(({ id: mark, start, end }) => ({
        id: mark,
        bodies: [],
        target: {
          annotation: mark,
          selector: [{ start, end, quote: text.slice(start, end) }],
        } as unknown as TextAnnotation["target"],
      })),
      true,
    );
    // A replaced annotation is not drawn by itself: its place is looked up anew.
    made.state.store.recalculatePositions();
    made.renderer.redraw(true);
  }, [marks, text]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text must scroll by keyboard
    <section ref={host} className={styles.host} data-testid="text" aria-label="Text" tabIndex={0} />
  );
}

function styleOf(mark: Mark | undefined) {
  if (!mark) return { fill: "#808080" as const, fillOpacity: 0.2 };
  const colour = mark.colour as `#${string}`;
  return {
    fill: colour,
    fillOpacity: mark.faint ? 0.08 : mark.chosen ? 0.5 : 0.22,
    underlineColor: colour,
    underlineThickness: mark.chosen ? 4 : 2,
    underlineOffset: mark.lower ? 6 : 2,
    underlineStyle: mark.faint ? "dashed" : "solid",
  };
}
