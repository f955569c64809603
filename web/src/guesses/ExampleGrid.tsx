/** Assets from all over the catalog; each can show a class. */
import { Skeleton } from "@mantine/core";
import type { KeyboardEvent } from "react";
import type { Media } from "../api/types";
import { move } from "../catalog/useCatalogKeys";
import { Thumbnail } from "../parts/AssetView";
import { Swatch, useClassColour } from "../parts/ClassChip";
import { shortId } from "../parts/format";
import type { Examples } from "./examples";
import styles from "./guesses.module.css";

export type Offered = { id: string; text: string | null };

type Props = {
  media: Media;
  /** Null while they are fetched. */
  offered: readonly Offered[] | null;
  examples: Examples;
  give: (asset: Offered) => void;
};

const GHOSTS = Array.from({ length: 24 }, (_, at) => at);

export function ExampleGrid({ media, offered, examples, give }: Props) {
  const colour = useClassColour();
  return (
    <ul className={styles.grid} data-media={media} aria-label="Assets that can show a class">
      {offered === null
        ? GHOSTS.map((at) => (
            <li key={at}>
              <Skeleton height={148} radius="md" />
            </li>
          ))
        : offered.map((asset, at) => {
            const name = examples[asset.id]?.name ?? null;
            return (
              <li key={asset.id} className={styles.cell}>
                <button
                  type="button"
                  className={styles.tile}
                  data-example={asset.id}
                  aria-pressed={name !== null}
                  tabIndex={at === 0 ? 0 : -1}
                  onClick={() => give(asset)}
                  onKeyDown={walk}
                  style={{ "--class": colour(name) } as React.CSSProperties}
                >
                  <span className={styles.media}>
                    <Thumbnail id={asset.id} media={media} text={asset.text} alt={asset.id} />
                  </span>
                  <span className={styles.caption}>
                    {name === null ? (
                      shortId(asset.id, 20)
                    ) : (
                      <>
                        <Swatch colour={colour(name)} /> <strong>{name}</strong>
                      </>
                    )}
                  </span>
                </button>
              </li>
            );
          })}
    </ul>
  );
}

/** Arrow keys go from tile to tile as they stand on the screen. */
function walk(event: KeyboardEvent<HTMLButtonElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.startsWith("Page")) return;
  const tiles = [
    ...(event.currentTarget.closest("ul")?.querySelectorAll<HTMLElement>("[data-example]") ?? []),
  ];
  const top = tiles[0]?.getBoundingClientRect().top;
  const columns = tiles.filter((tile) => tile.getBoundingClientRect().top === top).length;
  const target = move(event.key, tiles.indexOf(event.currentTarget), columns, tiles.length);
  if (target === null) return;
  event.preventDefault();
  tiles[target]?.focus();
}

/** The tile that has the focus, and the way to the next one. */
export function focusedTile(): { id: string; next: () => void } | null {
  const tile = document.activeElement;
  const id = tile instanceof HTMLElement ? tile.dataset.example : undefined;
  if (!(tile instanceof HTMLElement) || id === undefined) return null;
  return {
    id,
    next: () =>
      tile.parentElement?.nextElementSibling?.querySelector<HTMLElement>("button")?.focus(),
  };
}
