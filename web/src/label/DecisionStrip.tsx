/** The last ten decisions, oldest left; each shows whether it is stored, and a click changes it. */
import { IconCheck, IconClock, IconExclamationMark } from "@tabler/icons-react";
import { className } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { useClassColour } from "../parts/ClassChip";
import { valueText } from "../parts/valueText";
import styles from "./label.module.css";
import { submissionOf } from "./outbox";
import { useOutboxEntries } from "./outboxStore";
import { type Decision, KEPT, type Session } from "./session";

type Props = { state: Session; edit: (submissionId: string) => void };

const STATES = { saved: "stored", waiting: "on its way", trouble: "needs you" };
const ICONS = { saved: IconCheck, waiting: IconClock, trouble: IconExclamationMark };

export function DecisionStrip({ state, edit }: Props) {
  const entries = useOutboxEntries();
  const colour = useClassColour();
  const pending = new Map(entries.map((entry) => [submissionOf(entry.cargo), entry.state]));
  const shown = state.decisions.slice(0, KEPT).reverse();
  return (
    <ol className={styles.strip} aria-label="Last decisions" data-testid="strip">
      {shown.length === 0 && (
        <li className={styles.stripHint}>Your last ten decisions stay here.</li>
      )}
      {shown.map((decision) => {
        const { asset } = decision.item;
        const entry = pending.get(decision.submissionId);
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
              data-open={state.editing === decision.submissionId || undefined}
              data-state={saved}
              style={{ "--class": colour(className(decision.value)) } as React.CSSProperties}
              aria-label={`${asset.id}: ${said(decision)}, ${STATES[saved]}. Change it`}
              title={`${asset.id}: ${said(decision)}, ${STATES[saved]}`}
              onClick={(event) => {
                if (event.detail > 0) event.currentTarget.blur();
                edit(decision.submissionId);
              }}
            >
              <span className={styles.decisionMedia}>
                <Thumbnail id={asset.id} media={asset.media} text={asset.text} />
              </span>
              <span className={styles.decisionName}>{said(decision)}</span>
              <Icon className={styles.decisionState} size={12} stroke={3} aria-hidden="true" />
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function said(decision: Decision): string {
  if (decision.action === "skip") return "skipped";
  if (decision.action === "cannot_tell") return "cannot tell";
  return valueText(decision.value) ?? "no label";
}
