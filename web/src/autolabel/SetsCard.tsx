/** The accepted sets: what their audits say, their history, and the way back. */
import { Button } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { AutoLabelSet } from "../api/types";
import { ago, count, percent, plural } from "../parts/format";
import { Key } from "../parts/Key";
import styles from "./autolabel.module.css";
import { rateText } from "./promise";
import { RollBack } from "./RollBack";
import type { AutoActions } from "./useAutoJobs";

/** So many labels of every standing set are asked of people at a time. */
export const AUDIT = 20;

type Props = {
  sets: readonly AutoLabelSet[];
  actions: AutoActions;
  /** The set that the key for rolling back means. */
  keyed: string | undefined;
  /** The set whose roll-back is being decided. */
  ending: string | null;
  end: (id: string | null) => void;
};

export function SetsCard({ sets, actions, keyed, ending, end }: Props) {
  const standing = sets.some((set) => set.rolled_back_at === null);
  return (
    <section className={styles.card} aria-labelledby="sets">
      <div className={styles.cardHead}>
        <h2 id="sets">Accepted sets</h2>
        {standing && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconEye size={14} />}
            rightSection={<Key of="U" />}
            loading={actions.audit.isPending}
            onClick={() => actions.audit.mutate(AUDIT)}
          >
            Ask about {AUDIT} more
          </Button>
        )}
      </div>
      <p className={styles.hint}>
        {sets.length === 0
          ? "Nothing was accepted yet."
          : "People are asked about random labels of each set, without seeing them. A set whose promise is broken is rolled back with the next audit."}
      </p>
      {sets.length > 0 && (
        <ul className={styles.sets}>
          {[...sets].reverse().map((set) => (
            <SetRow
              key={set.id}
              set={set}
              actions={actions}
              keyed={keyed}
              ending={ending}
              end={end}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function SetRow({ set, actions, keyed, ending, end }: Omit<Props, "sets"> & { set: AutoLabelSet }) {
  const state = set.rolled_back_at ? "rolled back" : set.broken ? "broken" : "stands";
  return (
    <li data-testid="auto-set">
      <div className={styles.setHead}>
        <span className={styles.setCount}>{plural(set.accepted, "label")}</span>
        <span className={styles.state} data-state={state}>
          {state}
        </span>
        <span className={styles.hint}>
          at most {rateText(set.max_error)} wrong, {percent(set.confidence, 0)} sure
        </span>
        {!set.rolled_back_at && (
          <RollBack
            set={set}
            rollBack={actions.rollBack}
            keyed={keyed === set.id}
            opened={ending === set.id}
            setOpened={(opened) => end(opened ? set.id : null)}
          />
        )}
      </div>
      <Audit set={set} />
      <ol className={styles.history} aria-label="History">
        <li>
          Accepted {ago(set.accepted_at)}: at most {percent(set.upper)} wrong by the checks.
        </li>
        {set.asked > 0 && (
          <li>
            {plural(set.asked, "label")} asked of people, {count(set.answered)} answered
            {set.asked > set.answered && !set.rolled_back_at && (
              <>
                ;{" "}
                <Link to="/label" className={styles.link}>
                  answer the rest
                </Link>
              </>
            )}
            .
          </li>
        )}
        {set.rolled_back_at && (
          <li>
            Rolled back {ago(set.rolled_back_at)}: {set.reason ?? "no reason given"}
          </li>
        )}
        {set.holding > 0 && set.holding < set.accepted && (
          <li>
            {plural(set.holding, "label holds", "labels hold")}; people have decided the rest.
          </li>
        )}
      </ol>
    </li>
  );
}

/** The error rate by the audit as a band, with the promise as a mark on it. */
function Audit({ set }: { set: AutoLabelSet }) {
  if (set.answered === 0) return <p className={styles.auditText}>None is audited yet.</p>;
  const scale = Math.min(1, Math.max(2 * set.max_error, set.high));
  const at = (rate: number) => `${(100 * rate) / scale}%`;
  return (
    <>
      <div className={styles.bound} data-broken={set.broken || undefined} aria-hidden="true">
        <span style={{ left: at(set.low), right: at(scale - set.high) }} />
        <i style={{ left: at(set.max_error) }} />
      </div>
      <p className={styles.auditText}>
        {count(set.wrong)} of {count(set.answered)} audited were wrong: the error rate lies between{" "}
        {percent(set.low)} and {percent(set.high)}; the mark is the promise.
      </p>
    </>
  );
}
