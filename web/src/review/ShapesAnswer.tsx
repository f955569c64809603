/** The boxes or polygons of one answer on their picture, to look at and not to change. */
import { type RefObject, useMemo } from "react";
import type { Value } from "../api/types";
import type { Command } from "../keys/actions";
import type { Keymap } from "../keys/keymap";
import { hexOf, useClassColour } from "../parts/ClassChip";
import type { Easel } from "../shapes/easel";
import { ShapeStage } from "../shapes/ShapeStage";
import { codec } from "../shapes/shapesDraft";

/** Nothing is drawn, chosen or changed. */
export const LOOKING = {
  kind: null,
  select: () => undefined,
  draw: () => undefined,
  edit: () => undefined,
  loaded: () => undefined,
};
const NONE: ReadonlySet<string> = new Set();

type Props = {
  id: string;
  value: Value | null;
  easel: RefObject<Easel | null>;
  keymap: Keymap;
  obey: (command: Command) => void;
};

export function ShapesAnswer({ id, value, easel, keymap, obey }: Props) {
  const colour = useClassColour();
  const scene = useMemo(
    () => ({
      shapes: codec.of(value).shapes,
      proposals: [],
      hidden: NONE,
      selected: null,
      colour: (name: string) => hexOf(colour(name)),
      active: null,
    }),
    [value, colour],
  );
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
