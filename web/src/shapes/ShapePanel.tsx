/** Beside the picture: which shape is chosen, and the model's suggestions with their threshold. */
import { Button, Slider } from "@mantine/core";
import type { Command } from "../keys/actions";
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import { ClassChip } from "../parts/ClassChip";
import { count, percent, plural } from "../parts/format";
import { boundsOf } from "./forms";
import styles from "./shapes.module.css";
import type { Proposal, Shape } from "./shapesDraft";

type Props = {
  task: "boxes" | "polygons";
  shapes: readonly Shape[];
  proposals: readonly Proposal[];
  shown: readonly Proposal[];
  selected: string | null;
  active: string | null;
  threshold: number;
  setThreshold: (threshold: number) => void;
  keymap: Keymap;
  obey: (command: Command) => void;
};

export function ShapePanel(props: Props) {
  return (
    <>
      <Suggestions {...props} />
      <About {...props} />
    </>
  );
}

function About({ task, shapes, shown, selected, active, keymap }: Props) {
  const one = task === "boxes" ? "Box" : "Polygon";
  const at = shapes.findIndex(({ id }) => id === selected);
  const shape = shapes[at];
  const proposal = shown.find(({ id }) => id === selected);
  const box = shape && boundsOf(shape.form);
  return (
    <div className={styles.about} role="status" data-testid="about-shape">
      {shape && box ? (
        <>
          <span className={styles.aboutHead}>
            {one} {at + 1} of {count(shapes.length)} <ClassChip name={shape.name} />
          </span>
          <span>
            {Math.round(box.width)} × {Math.round(box.height)} pixels at {Math.round(box.x)},{" "}
            {Math.round(box.y)}
          </span>
        </>
      ) : proposal ? (
        <>
          <span className={styles.aboutHead}>
            Suggestion <ClassChip name={proposal.name} hollow /> {percent(proposal.confidence, 0)}
          </span>
          <span>
            A class key takes it, <Chord of={keymap.keysOf("remove")[0]} /> refuses it
          </span>
        </>
      ) : (
        <>
          <span className={styles.aboutHead}>
            {plural(shapes.length, one.toLowerCase(), task)}
            {active !== null && (
              <>
                , next <ClassChip name={active} />
              </>
            )}
          </span>
          <span>
            {task === "boxes"
              ? "Drag to draw, right button to move the picture"
              : "Click point by point, the first one closes"}
          </span>
        </>
      )}
    </div>
  );
}

function Suggestions({ proposals, shown, threshold, setThreshold, keymap, obey }: Props) {
  if (proposals.length === 0) return null;
  return (
    <div className={styles.suggestions} data-testid="suggestions">
      <div className={styles.suggestionsHead}>
        <strong>Suggestions from {percent(threshold, 0)}</strong>
        <span>
          {count(shown.length)} of {count(proposals.length)}
        </span>
      </div>
      <Slider
        thumbLabel="Least confidence of suggestions"
        min={0}
        max={1}
        step={0.01}
        value={threshold}
        label={null}
        onChange={setThreshold}
      />
      <Button
        variant="default"
        size="xs"
        fullWidth
        disabled={shown.length === 0}
        rightSection={<Chord of={keymap.keysOf("take")[0]} />}
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur();
          obey({ kind: "take" });
        }}
      >
        Take {count(shown.length)} shown
      </Button>
    </div>
  );
}
