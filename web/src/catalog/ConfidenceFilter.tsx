/** How sure the model is: a small histogram with a range to keep. */
import { RangeSlider } from "@mantine/core";
import { useEffect, useState } from "react";
import { count, percent } from "../parts/format";
import type { ChangeSearch } from "./CatalogPage";
import styles from "./catalog.module.css";
import type { CatalogSearch } from "./search";

type Props = { bins: readonly number[]; search: CatalogSearch; change: ChangeSearch };

export function ConfidenceFilter({ bins, search, change }: Props) {
  const low = search.min ?? 0;
  const high = search.max ?? 1;
  const [range, setRange] = useState<[number, number]>([low, high]);
  useEffect(() => setRange([low, high]), [low, high]);
  const tallest = Math.max(1, ...bins);
  return (
    <div className={styles.confidence}>
      <div className={styles.bars} aria-hidden="true">
        {bins.map((bar, at) => {
          const from = at / bins.length;
          const inside = from + 1e-9 >= range[0] && from < range[1];
          return (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its position
              key={at}
              data-inside={inside || undefined}
              title={`${percent(from, 0)} to ${percent((at + 1) / bins.length, 0)}: ${count(bar)}`}
              style={{ height: bar === 0 ? 0 : `${Math.max(4, 100 * Math.sqrt(bar / tallest))}%` }}
            />
          );
        })}
      </div>
      <RangeSlider
        size={2}
        min={0}
        max={1}
        step={0.05}
        minRange={0.05}
        label={(value) => percent(value, 0)}
        value={range}
        onChange={setRange}
        onChangeEnd={([min, max]) =>
          change({ min: min > 0 ? min : undefined, max: max < 1 ? max : undefined })
        }
        thumbFromLabel="Least confidence"
        thumbToLabel="Most confidence"
      />
    </div>
  );
}
