/** One asset in the grid: its thumbnail, its label, and what the model says. */
import { IconCheck } from "@tabler/icons-react";
import { type CSSProperties, type MouseEvent, memo } from "react";
import type { AssetCard } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { Swatch, useClassColour } from "../parts/ClassChip";
import { percent, shortId } from "../parts/format";
import styles from "./catalog.module.css";

type Props = {
  card: AssetCard | undefined;
  height: number;
  focused: boolean;
  opened: boolean;
  selected: boolean;
  selecting: boolean;
  click: (event: MouseEvent) => void;
  check: (event: MouseEvent) => void;
};

export const AssetTile = memo(Tile, (before, after) =>
  (["card", "height", "focused", "opened", "selected", "selecting", "click"] as const).every(
    (key) => before[key] === after[key],
  ),
);

function Tile(props: Props) {
  const { card, height } = props;
  const colour = useClassColour();
  if (!card) return <div className={styles.ghost} style={{ height: height + 28 }} />;
  const style = { "--class": colour(card.label ?? card.classes[0] ?? null) } as CSSProperties;
  return (
    <div
      className={styles.tile}
      data-focused={props.focused || undefined}
      data-open={props.opened || undefined}
      data-selected={props.selected || undefined}
      data-labeled={card.label !== null || card.classes.length > 0 || undefined}
      style={style}
    >
      <button
        type="button"
        className={styles.tileOpen}
        onClick={props.click}
        tabIndex={props.focused ? 0 : -1}
        data-asset={card.id}
      >
        <span className={styles.tileMedia} style={{ height }}>
          <Thumbnail id={card.id} media={card.media} text={card.text} alt={card.id} />
        </span>
        <span className="visually-hidden">{describe(card)}</span>
        <Caption card={card} />
      </button>
      <button
        type="button"
        className={styles.tileCheck}
        data-shown={props.selecting || undefined}
        aria-pressed={props.selected}
        aria-label={`Select ${shortId(card.id)}`}
        tabIndex={-1}
        onClick={props.check}
      >
        <IconCheck size={14} stroke={3} aria-hidden="true" />
      </button>
    </div>
  );
}

/** The first of several classes by their colours, all of them by name. */
const SWATCHES = 3;

function Caption({ card }: { card: AssetCard }) {
  const colour = useClassColour();
  if (card.label === null && card.classes.length > 0)
    return (
      <span className={styles.caption} title={card.classes.join(", ")}>
        {card.classes.slice(0, SWATCHES).map((name) => (
          <Swatch key={name} colour={colour(name)} />
        ))}
        <span className={styles.captionName}>{card.classes.join(", ")}</span>
      </span>
    );
  const name = card.label ?? card.predicted;
  const wrong = card.label !== null && card.predicted !== null && card.label !== card.predicted;
  return (
    <span className={styles.caption}>
      {name === null ? (
        <span className={styles.captionName} data-quiet>
          {card.state === "skipped" ? "skipped" : shortId(card.id, 18)}
        </span>
      ) : (
        <>
          <Swatch colour={colour(name)} hollow={card.label === null} />
          <span className={styles.captionName} data-quiet={card.label === null || undefined}>
            {name}
          </span>
        </>
      )}
      {wrong && card.predicted !== null ? (
        <span className={styles.wrong} title={`The model says ${card.predicted}`}>
          <Swatch colour={colour(card.predicted)} hollow />
        </span>
      ) : null}
      {card.confidence !== null && (
        <span className={styles.captionShare}>{percent(card.confidence, 0)}</span>
      )}
    </span>
  );
}

/** What the picture and the caption do not say aloud. */
function describe(card: AssetCard): string {
  if (card.state === "skipped") return "";
  const model = card.predicted === null ? "" : `, model says ${card.predicted}`;
  return card.state === "labeled" ? `labelled${model}` : `no label${model}`;
}
