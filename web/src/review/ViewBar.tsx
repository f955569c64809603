/** Above the stage: which labels are reviewed, how many of each there are, and what narrows them. */
import { IconX } from "@tabler/icons-react";
import type { MouseEvent } from "react";
import { isOneClass, type ProjectInfo } from "../api/types";
import { count, plural } from "../parts/format";
import styles from "./review.module.css";
import { type ReviewSearch, STATE_NAMES, STATES, type Which } from "./reviewSearch";
import type { ReviewSession } from "./reviewSession";

/** How far the view is, and how many labels each of the others has. */
export type Tally = {
  done: number;
  left: number;
  loaded: boolean;
  numberOf: (which: Which) => string;
};

type Props = {
  project: ProjectInfo;
  search: ReviewSearch;
  change: (part: Partial<ReviewSearch>) => void;
  tally: Tally;
};

export function ViewBar({ project, search, change, tally }: Props) {
  const now = search.state ?? "waiting";
  const all = tally.done + tally.left;
  // Other labels no model doubts; whoever comes by an old address still sees where they are.
  const views = STATES.filter(
    (which) => which !== "suspect" || which === now || isOneClass(project),
  );
  return (
    <header className={styles.head}>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label="Reviewed of this view"
        aria-valuemin={0}
        aria-valuemax={all}
        aria-valuenow={tally.done}
      >
        <span style={{ transform: `scaleX(${all > 0 ? tally.done / all : 0})` }} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset brings its own frame and legend */}
      <div className={styles.views} role="group" aria-label="Which labels">
        {views.map((which) => (
          <button
            key={which}
            type="button"
            aria-pressed={which === now}
            onClick={(event) => {
              if (event.detail > 0) event.currentTarget.blur();
              if (which !== now) change({ state: which === "waiting" ? undefined : which });
            }}
          >
            {STATE_NAMES[which]}{" "}
            <span className={styles.viewCount}>
              {which === now && tally.loaded ? count(tally.left) : tally.numberOf(which)}
            </span>
          </button>
        ))}
      </div>
      <div className={styles.narrow}>
        <Chip
          text={search.annotator && `by ${search.annotator}`}
          end={() => change({ annotator: undefined })}
        />
        <Chip text={search.label} end={() => change({ label: undefined, suggested: undefined })} />
        <Chip
          text={search.suggested && `→ ${search.suggested}`}
          end={() => change({ suggested: undefined })}
        />
        <Chip
          text={search.round === undefined ? undefined : `round ${search.round}`}
          end={() => change({ round: undefined })}
        />
        <span data-testid="review-left">{tally.loaded && plural(tally.left, "left", "left")}</span>
      </div>
    </header>
  );
}

/** The numbers fall while people review, without asking the server each time. */
export function tallyOf(state: ReviewSession): Tally {
  return {
    done: state.reviewed.length,
    left: state.total,
    loaded: state.loaded,
    numberOf: (which) => numberOf(which, state),
  };
}

function numberOf(which: Which, { counts, disputes }: ReviewSession): string {
  if (which === "disputed") return disputes === null ? "" : count(disputes);
  if (which === "any" || which === "suspect" || counts === null) return "";
  return count(counts[which] ?? 0);
}

function Chip({ text, end }: { text: string | undefined; end: () => void }) {
  if (!text) return null;
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (event.detail > 0) event.currentTarget.blur();
    end();
  };
  return (
    <button type="button" className={styles.chip} onClick={press} aria-label={`Not only ${text}`}>
      <span>{text}</span> <IconX size={12} aria-hidden="true" />
    </button>
  );
}
