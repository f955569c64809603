/** Shapes or spans on their asset: the label in solid lines, a model's in dashed ones. */
import { Checkbox, SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import type { Value } from "../api/types";
import { fetched } from "../parts/fetched";
import styles from "./marks.module.css";

const Overlay = lazy(() =>
  fetched(import("./Overlay")).then((found) => ({ default: found.Overlay })),
);

type Props = {
  id: string;
  text: string;
  label: Value | null;
  /** What models say, by their titles; the last one is shown first. */
  models: readonly { title: string; value: Value }[];
};

/** The label and the model can each be taken away. */
export function Marked({ id, text, label, models }: Props) {
  const [showsLabel, setLabel] = useState(true);
  const [chosen, choose] = useState<string | null>(null);
  const at = chosen === null ? models.length - 1 : Number(chosen);
  return (
    <>
      <div className={styles.stage}>
        <Suspense fallback={null}>
          <Overlay
            id={id}
            text={text}
            truth={showsLabel ? label : null}
            said={models[at]?.value ?? null}
          />
        </Suspense>
      </div>
      <div className={styles.legend}>
        {label && (
          <Checkbox
            size="xs"
            checked={showsLabel}
            onChange={(event) => setLabel(event.currentTarget.checked)}
            label={
              <>
                <i data-solid /> Label
              </>
            }
          />
        )}
        {models.length > 0 && (
          <>
            <span>
              <i /> Model
            </span>
            <SegmentedControl
              size="xs"
              aria-label="Whose marks"
              value={String(at)}
              data={[
                ...models.map(({ title }, place) => ({ value: String(place), label: title })),
                { value: "-1", label: "None" },
              ]}
              onChange={choose}
            />
          </>
        )}
      </div>
    </>
  );
}

export function isMarked(value: Value | null | undefined): value is Value {
  return value?.type === "boxes" || value?.type === "polygons" || value?.type === "spans";
}
