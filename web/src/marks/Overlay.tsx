/** The marks of a label and of a model on one picture or text, in two styles, to look at. */
import { useMemo, useRef } from "react";
import type { Value } from "../api/types";
import type { Command } from "../keys/actions";
import { useKeymap } from "../keys/keyStore";
import { hexOf, useClassColour } from "../parts/ClassChip";
import { LOOKING } from "../review/ShapesAnswer";
import type { Easel } from "../shapes/easel";
import { ShapeStage } from "../shapes/ShapeStage";
import { proposalsOf, codec as shapesOf } from "../shapes/shapesDraft";
import { codec as spansOf } from "../spans/spansDraft";
import { type Mark, TextStage } from "../spans/TextStage";
import { toPositions } from "../spans/words";

type Props = { id: string; text: string; truth: Value | null; said: Value | null };

export function Overlay(props: Props) {
  const isText = [props.truth, props.said].some((value) => value?.type === "spans") || props.text;
  return isText ? <Spans {...props} /> : <Shapes {...props} />;
}

const CLOSER = 1.4;
const NONE: ReadonlySet<string> = new Set();

function Shapes({ id, truth, said }: Props) {
  const colour = useClassColour();
  const easel = useRef<Easel | null>(null);
  const keymap = useKeymap("review");
  const scene = useMemo(
    () => ({
      shapes: shapesOf.of(truth).shapes,
      proposals: proposalsOf(said),
      hidden: NONE,
      selected: null,
      colour: (name: string) => hexOf(colour(name)),
      active: null,
    }),
    [truth, said, colour],
  );
  const obey = ({ kind }: Command) => {
    if (kind === "zoom_in") easel.current?.zoom(CLOSER);
    else if (kind === "zoom_out") easel.current?.zoom(1 / CLOSER);
    else if (kind === "whole") easel.current?.whole();
  };
  return (
    <ShapeStage
      id={id}
      scene={scene}
      undone={0}
      wishes={LOOKING}
      easel={easel}
      keymap={keymap}
      obey={obey}
    />
  );
}

const WISHES = { draw: () => undefined, select: () => undefined };

function Spans({ id, text, truth, said }: Props) {
  const colour = useClassColour();
  const marks = useMemo(() => {
    const of = (value: Value | null, who: string, isModel: boolean): Mark[] =>
      spansOf.of(value).map((span) => ({
        id: `${who}-${span.id}`,
        ...toPositions(text, span),
        colour: hexOf(colour(span.name)),
        chosen: false,
        faint: isModel,
        lower: isModel,
      }));
    return [...of(truth, "label", false), ...of(said, "model", true)];
  }, [truth, said, text, colour]);
  return <TextStage id={id} text={text} marks={marks} wishes={WISHES} />;
}
