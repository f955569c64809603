/** The grid: only the rows in sight exist, however many assets there are. */
import { Button } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { IconFilterOff, IconPhotoOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type RefObject, useEffect, useRef } from "react";
import type { AssetCard } from "../api/types";
import { Empty, ErrorNotice } from "../parts/Notices";
import { AssetTile } from "./AssetTile";
import styles from "./catalog.module.css";
import type { AssetWindow } from "./useAssetWindow";

const GAP = 8;
const CAPTION = 28;

type Props = {
  window: AssetWindow;
  pending: boolean;
  error: Error | null;
  empty: boolean;
  size: number;
  focus: number;
  columnsRef: RefObject<number>;
  selected: ReadonlyMap<string, unknown>;
  open: string | null;
  click: (index: number, card: AssetCard, event: MouseEvent) => void;
  check: (index: number, card: AssetCard, event: MouseEvent) => void;
  clear: () => void;
};

export function AssetGrid(props: Props) {
  const { window: assets, size, focus, columnsRef } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sized, width } = useElementSize();
  const host = useMergedRef(scroller, sized);
  const columns = Math.max(1, Math.floor((width + GAP) / (size + GAP)));
  columnsRef.current = columns;
  const tile = Math.floor((width - GAP * (columns - 1)) / columns);
  const rows = Math.ceil(assets.count / columns);
  const rowHeight = tile + CAPTION + GAP;

  const virtual = useVirtualizer({
    count: width > 0 ? rows : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 3,
  });
  const items = virtual.getVirtualItems();
  const first = (items[0]?.index ?? 0) * columns;
  const last = ((items.at(-1)?.index ?? 0) + 1) * columns - 1;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new row height asks for a new measure
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  useEffect(() => assets.show(first, last), [assets.show, first, last]);
  useEffect(() => {
    if (rows > 0) virtual.scrollToIndex(Math.floor(focus / columns), { align: "auto" });
  }, [virtual, focus, columns, rows]);

  if (props.error) return <ErrorNotice error={props.error} />;
  if (!props.pending && assets.total === 0) return <Nothing {...props} />;
  return (
    <div ref={host} className={styles.scroller}>
      <div className={styles.rows} style={{ height: virtual.getTotalSize() }} data-testid="grid">
        {items.map((row) => (
          <div
            key={row.key}
            className={styles.gridRow}
            style={{
              transform: `translateY(${row.start}px)`,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            }}
          >
            {Array.from(
              { length: Math.min(columns, assets.count - row.index * columns) },
              (_, at) => {
                const index = row.index * columns + at;
                const card = assets.cardAt(index);
                return (
                  <AssetTile
                    key={index}
                    card={card}
                    height={tile}
                    focused={index === focus}
                    opened={card !== undefined && card.id === props.open}
                    selected={card !== undefined && props.selected.has(card.id)}
                    selecting={props.selected.size > 0}
                    click={(event) => card && props.click(index, card, event)}
                    check={(event) => card && props.check(index, card, event)}
                  />
                );
              },
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function Nothing({ empty, clear }: Props) {
  if (empty)
    return (
      <Empty
        title="The catalog is empty"
        icon={<IconPhotoOff size={24} />}
        action={
          <Button component={Link} to="/">
            Add assets
          </Button>
        }
      >
        Once a folder or file has been added, everything in it shows up here.
      </Empty>
    );
  return (
    <Empty
      title="Nothing matches"
      icon={<IconFilterOff size={24} />}
      action={
        <Button variant="default" onClick={clear}>
          Clear the filters
        </Button>
      }
    >
      No asset fits all of these filters at once.
    </Empty>
  );
}
