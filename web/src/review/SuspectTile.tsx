/** One suspect in the gallery: the asset, the class it has, the one that models say, how sure they are. */
import { IconCheck } from "@tabler/icons-react";
import { memo } from "react";
import type { Suspect } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { Swatch, useClassColour } from "../parts/ClassChip";
import { percent, shortId } from "../parts/format";
import type { Outcome } from "./suspects";
import styles from "./suspects.module.css";

type Props = {
  id: string;
  suspect: Suspect;
  outcome: Outcome | null;
  focused: boolean;
  chosen: boolean;
  choosing: boolean;
  open: () => void;
  toggle: () => void;
};

export const SuspectTile = memo(Tile, (before, after) =>
  (["suspect", "outcome", "focused", "chosen", "choosing", "open"] as const).every(
    (key) => before[key] === after[key],
  ),
);

function Tile({ id, suspect, outcome, focused, chosen, choosing, open, toggle }: Props) {
  const colour = useClassColour();
  const { card, given, suggested, confidence } = suspect;
  return (
    <li
      id={id}
      className={styles.tile}
      data-asset={card.id}
      data-focused={focused || undefined}
      data-chosen={chosen || undefined}
      data-done={outcome?.verb}
    >
      <button
        type="button"
        className={styles.open}
        aria-current={focused || undefined}
        tabIndex={focused ? 0 : -1}
        onClick={(event) => {
          if (event.shiftKey || event.ctrlKey || event.metaKey || choosing) toggle();
          else open();
          if (event.detail > 0) event.currentTarget.blur();
        }}
      >
        <span className={styles.media}>
          <Thumbnail id={card.id} media={card.media} text={card.text} alt={card.id} />
        </span>
        <span className={styles.caption}>
          <Swatch colour={colour(given)} />
          <span className={styles.given} title={given}>
            {given}
          </span>
          <span className={styles.share}>
            {percent(confidence, 0)}
            <span className="visually-hidden"> credible</span>
          </span>
          <Swatch colour={colour(suggested)} hollow />
          <span className={styles.suggested} title={suggested}>
            <span className="visually-hidden">models say </span>
            {suggested}
          </span>
        </span>
        {outcome && <span className={styles.outcome}>{inWords(outcome)}</span>}
      </button>
      <button
        type="button"
        className={styles.check}
        data-shown={choosing || undefined}
        aria-pressed={chosen}
        aria-label={`Choose ${shortId(card.id)}`}
        tabIndex={-1}
        onClick={(event) => {
          toggle();
          event.currentTarget.blur();
        }}
      >
        <IconCheck size={14} stroke={3} aria-hidden="true" />
      </button>
    </li>
  );
}

function inWords({ verb, name }: Outcome): string {
  if (verb === "kept") return "Kept";
  return verb === "asked" ? "Asked again" : `Now ${name}`;
}
