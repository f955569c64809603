/** One finding: what it is, the evidence, its assets, what to do, and what doing it brought. */
import { Link } from "@tanstack/react-router";
import type { NextRound } from "../api/actions";
import type { Finding, NamedFinding, Round } from "../api/types";
import { percent } from "../parts/format";
import { Range } from "../team/Range";
import { BatchButton } from "./BatchButton";
import styles from "./diagnostics.module.css";
import {
  afterwards,
  basis,
  gainText,
  galleryWords,
  kindMeaning,
  kindName,
  sharesOf,
} from "./evidence";
import { Gallery } from "./Gallery";
import { SaveFound } from "./SaveFound";

type Props = { named: NamedFinding; rounds: readonly Round[]; main: boolean };

export function FindingCard({ named: { id, finding }, rounds, main }: Props) {
  const wishes: NextRound | null = finding.batch ? { remedy: id } : null;
  const { drawn, report } = afterwards(id, rounds);
  const gain = gainText(finding);
  return (
    <li className={styles.card} aria-label={finding.title} data-testid="finding">
      <div className={styles.kind}>
        <span title={kindMeaning(finding.kind)}>{kindName(finding.kind)}</span>
        {gain && <span className={styles.gain}>up to +{gain}</span>}
      </div>
      <h3>{finding.title}</h3>
      <div className={styles.evidence}>
        <Evidence finding={finding} />
        <Gallery ids={finding.asset_ids ?? []} more={galleryWords(finding)} />
      </div>
      <div className={styles.remedy}>
        <p>{finding.remedy}</p>
        <span className={styles.ways}>
          {finding.kind === "slice" && <SaveFound named={{ id, finding }} />}
          <Way finding={finding} wishes={drawn === null ? wishes : null} main={main} />
        </span>
      </div>
      {drawn !== null && (
        <p className={styles.after} data-testid="afterwards">
          <Link to="/rounds/$number" params={{ number: String(drawn) }} className={styles.link}>
            Round {drawn}
          </Link>{" "}
          drew the batch for this.{" "}
          {report ? report.title : "Two rounds after the finding it is told here what it did."}
        </p>
      )}
    </li>
  );
}

type WayProps = { finding: Finding; wishes: NextRound | null; main: boolean };

/** The button that does what the remedy says. */
function Way({ finding, wishes, main }: WayProps) {
  if (wishes) return <BatchButton wishes={wishes} about={finding.title} main={main} />;
  if (finding.kind === "merge")
    return (
      <Link to="/settings/ontology" className={styles.link}>
        Open the classes
      </Link>
    );
  if (finding.kind === "label_error")
    return (
      <Link to="/review" className={styles.link}>
        Open Review
      </Link>
    );
  return null;
}

/** Shares side by side on one scale, each with its interval as a band. */
export function Evidence({ finding }: { finding: Finding }) {
  const shares = sharesOf(finding);
  if (shares.length === 0) return null;
  return (
    <figure className={styles.chart}>
      <dl>
        {shares.map((share) => (
          <div key={share.name}>
            <dt>{share.name}</dt>
            <dd>
              <Range of={share} />
              <span className={styles.share}>
                {percent(share.value, 0)}
                {share.high > share.low && (
                  <small>
                    {" "}
                    {percent(share.low, 0).replace(/\D+$/, "")}–{percent(share.high, 0)}
                  </small>
                )}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <figcaption>{basis(finding)}</figcaption>
    </figure>
  );
}
