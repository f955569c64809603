/** The random labels that a promise rests on: how many there are and how many the first test takes. */
import { Progress } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Proposal } from "../api/types";
import { count, percent, plural } from "../parts/format";
import { AskForm } from "./AskForm";
import styles from "./autolabel.module.css";
import { missingChecks, rateText } from "./promise";
import type { AutoActions } from "./useAutoJobs";

type Props = {
  proposal: Proposal;
  ask: AutoActions["ask"];
  promise: number;
  open: number;
  busy: boolean;
};

export function ChecksCard({ proposal, ask, promise, open, busy }: Props) {
  const { certificate } = proposal;
  const missing = missingChecks(proposal);
  return (
    <section className={styles.card} aria-labelledby="checks">
      <h2 id="checks">Random checks</h2>
      <p className={styles.meterHead}>
        <span>
          {missing > 0 ? `Needed at least for ${rateText(certificate.max_error)}` : "At hand"}
        </span>
        <span>
          {count(certificate.available)}
          {missing > 0 && ` of ${count(certificate.needed)}`}
        </span>
      </p>
      {missing > 0 && (
        <Progress
          value={(100 * certificate.available) / certificate.needed}
          size={6}
          aria-label="Random checks at hand"
        />
      )}
      <p className={styles.hint}>
        {certificate.threshold === null
          ? "Labels of people, drawn at random: the audit set, the control arm, and what is asked here."
          : `${count(certificate.wrong)} of the ${count(certificate.checked)} inside what would be accepted were wrong: at most ${percent(certificate.upper)} of it is, by the same bound.`}
      </p>
      {open > 0 && (
        <p className={styles.hint}>
          <Link to="/label" className={styles.link}>
            {plural(open, "question waits", "questions wait")} for an answer
          </Link>
        </p>
      )}
      {missing === 0 && <AskForm ask={ask} promise={promise} suggested={100} busy={busy} />}
    </section>
  );
}
