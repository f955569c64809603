/** Go on or stop, with the reasons, and how far the audit set is labelled. */
import { Progress } from "@mantine/core";
import { IconCircleCheck, IconPlayerTrackNext } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Home } from "../api/types";
import { count, percent, unbroken } from "../parts/format";
import { atLeast } from "../parts/measures";
import { isWithoutAudit } from "../parts/NoAudit";
import styles from "./home.module.css";

type Props = { home: Home; learns: boolean };

export function AdviceCard({ home, learns }: Props) {
  return (
    <section className={styles.card} aria-labelledby="advice-title">
      <Verdict home={home} learns={learns} />
      {home.saved_labels !== null && home.saved_labels > 0 && (
        <p className={styles.figure}>
          {atLeast(home.advice?.saving ?? null, home.curve.active, home.curve.control)}
          <strong>{count(home.saved_labels)}</strong> {home.saved_labels === 1 ? "label" : "labels"}{" "}
          saved against random
          {mayBeChance(home.advice) && ", which may be chance"}
        </p>
      )}
      {home.advice !== null && home.advice.mendable !== null && (
        <Mendable share={home.advice.mendable} enough={home.advice.enough} />
      )}
      <Audit home={home} />
    </section>
  );
}

/** Whether the interval of the saving holds that nothing was saved. */
function mayBeChance(advice: Home["advice"]): boolean {
  return (advice?.label_ratio?.high ?? 0) >= 1;
}

function Verdict({ home, learns }: Props) {
  const advice = home.advice;
  // Rounds have advised, and nothing stands of it: the classes have changed since.
  if (advice === null && home.rounds.some((round) => round.note !== ""))
    return (
      <div>
        <h2 id="advice-title">No advice by the classes of now</h2>
        <p className={styles.dim}>The next round advises anew, once its model is measured.</p>
      </div>
    );
  if (advice === null)
    return (
      <div>
        <h2 id="advice-title">No advice yet</h2>
        <p className={styles.dim}>
          {learns
            ? "Once a model has been measured on the audit set, Querist says here whether going on " +
              "is worth it, and why."
            : "No model learns from labels of this kind yet: nothing can be measured, and batches " +
              "are drawn to cover the pool."}
        </p>
      </div>
    );
  const Icon = advice.stop ? IconCircleCheck : IconPlayerTrackNext;
  return (
    <div>
      <h2 id="advice-title" className={styles.verdict} data-stop={advice.stop || undefined}>
        <Icon size={20} aria-hidden="true" />
        {advice.stop ? "Querist advises to stop" : "Querist advises to go on"}
      </h2>
      {!home.sentence.includes(advice.sentence) && (
        <p className={styles.adviceText}>{unbroken(advice.sentence)}</p>
      )}
      <ul className={styles.reasons}>
        {advice.reasons.map((reason) => (
          <li key={reason}>{unbroken(reason)}</li>
        ))}
      </ul>
    </div>
  );
}

/** Left of `enough` more labels no longer pay off; advice of earlier versions does not know it. */
function Mendable({ share, enough }: { share: number; enough: number | null }) {
  const shown = percent(Math.min(share, 1), 0);
  return (
    <div className={styles.meter}>
      <div className={styles.meterHead}>
        <span>Doubt that labels can still mend</span>
        <span>{shown}</span>
      </div>
      <div className={styles.threshold}>
        <Progress
          value={100 * Math.min(share, 1)}
          size={6}
          transitionDuration={120}
          color={enough !== null && share <= enough ? "var(--q-good)" : "var(--q-accent)"}
          aria-label={`Labels can still mend ${shown} of the model's doubt`}
        />
        {enough !== null && <i style={{ left: `${100 * enough}%` }} aria-hidden="true" />}
      </div>
      {enough !== null && (
        <p className={styles.hint}>Left of the mark more labels no longer pay off.</p>
      )}
    </div>
  );
}

function Audit({ home }: { home: Home }) {
  const { labeled, wanted } = home.audit;
  const share = wanted > 0 ? labeled / wanted : 0;
  const undrawn = isWithoutAudit(home) ? "none" : "not drawn yet";
  return (
    <div className={styles.meter}>
      <div className={styles.meterHead}>
        <Link to="/catalog" search={{ arm: "audit" }}>
          Audit set
        </Link>
        <span>{wanted === 0 ? undrawn : `${count(labeled)} of ${count(wanted)}`}</span>
      </div>
      <Progress
        value={100 * share}
        size={6}
        transitionDuration={120}
        aria-label={`Audit set ${percent(share, 0)} labelled`}
      />
      <p className={styles.hint}>
        A random sample of all assets that measures every model and trains none.
      </p>
    </div>
  );
}
