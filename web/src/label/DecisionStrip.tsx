/** The last ten decisions, oldest left; each shows whether it is stored, and a click changes it. */
import { IconCheck, IconClock, IconExclamationMark } from "@tabler/icons-react";
import { className, type Media } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { useClassColour } from "../parts/ClassChip";
import { valueText } from "../parts/valueText";
import styles from "./label.module.css";
import { submissionOf } from "./outbox";
import { useOutboxEntries } from "./outboxStore";
import { type Decision, KEPT } from "./session";

/** One small picture of the strip. */
export type StripEntry = {
  submissionId: string;
  asset: { id: string; media: Media; text: string | null };
  /** What was decided, in a word or two. */
  said: string;
  /** The class that gives it its colour. */
  name: string | null;
};

type Props = {
  /** Newest first. */
  entries: readonly StripEntry[];
  open: string | null;
  look: (submissionId: string) => void;
  hint?: string;
};

/** A decision of labelling as the strip shows it. */
export function stripEntry({ submissionId, item, action, value }: Decision): StripEntry {
  const said =
    action === "skip"
      ? "skipped"
      : action === "cannot_tell"
        ? "cannot tell"
        : (valueText(value) ?? "no label");
  return { submissionId, asset: item.asset, said, name: className(value) };
}

const STATES = { saved: "stored", waiting: "on its way", trouble: "needs you" };
const ICONS = { saved: IconCheck, waiting: IconClock, trouble: IconExclamationMark };

export function DecisionStrip({
  entries,
  open,
  look,
  hint = "Your last ten decisions stay here.",
}: Props) {
  const sending = useOutboxEntries();
  const colour = useClassColour();
  const pending = new Map(sending.map((entry) => [submissionOf(entry.cargo), entry.state]));
  const shown = entries.slice(0, KEPT).reverse();
  return (
    <ol className={styles.strip} aria-label="Last decisions" data-testid="strip">
      {shown.length === 0 && <li className={styles.stripHint}>{hint}</li>}
      {shown.map(({ submissionId, asset, said, name }) => {
        const entry = pending.get(submissionId);
        const saved =
          entry === undefined
            ? "saved"
            : entry === "waiting" || entry === "sending"
              ? "waiting"
              : "trouble";
        const Icon = ICONS[saved];
        return (
          <li key={asset.id}>
            <button
              type="button"
              className={styles.decision}
              data-open={open === submissionId || undefined}
              data-state={saved}
              style={{ "--class": colour(name) } as React.CSSProperties}
              title={`${asset.id}: ${said}, ${STATES[saved]}`}
              onClick={(event) => {
                if (event.detail > 0) event.currentTarget.blur();
                look(submissionId);
              }}
            >
              <span className={styles.decisionMedia} aria-hidden="true">
                <Thumbnail id={asset.id} media={asset.media} text={asset.text} />
              </span>
              <span className="visually-hidden">
                {`${asset.id}: ${said}, ${STATES[saved]}. Change it`}
              </span>
              <span className={styles.decisionName} aria-hidden="true">
                {said}
              </span>
              <Icon className={styles.decisionState} size={12} stroke={3} aria-hidden="true" />
            </button>
          </li>
        );
      })}
    </ol>
  );
}
