/** What would be accepted, class by class, and how much is known of each alone. */
import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Proposal } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, percent } from "../parts/format";
import styles from "./autolabel.module.css";

const FEW = 20;
const MOST = 300;

export function ClassShares({ proposal, oneClass }: { proposal: Proposal; oneClass: boolean }) {
  const [all, setAll] = useState(false);
  const rows = [...proposal.classes].sort((a, b) => b.count - a.count || b.left - a.left);
  return (
    <section className={styles.card} aria-labelledby="by-class">
      <h2 id="by-class">By class</h2>
      <p className={styles.hint}>
        {oneClass
          ? "The promise is for all classes together; with few checks little is known of one alone."
          : "An asset counts in each class that its label names, and as wrong where anything in the label is. The promise is for all together."}
      </p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Would be labelled</th>
            <th scope="col">Left to people</th>
            <th scope="col">Checks wrong</th>
            <th scope="col">Error at most</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, all ? MOST : FEW).map((share) => (
            <tr key={share.name}>
              <th scope="row">
                {oneClass ? (
                  <Link
                    to="/catalog"
                    search={{ predicted: [share.name], state: "unlabeled" }}
                    title={`Show what is open and predicted ${share.name}`}
                  >
                    <ClassChip name={share.name} />
                  </Link>
                ) : (
                  <ClassChip name={share.name} />
                )}
              </th>
              <td>{count(share.count)}</td>
              <td>{count(share.left)}</td>
              <td>
                {share.checked === 0 ? (
                  <small>none checked</small>
                ) : (
                  <>
                    {count(share.wrong)} <small>of {count(share.checked)}</small>
                  </>
                )}
              </td>
              <td>
                {share.checked === 0 ? (
                  <small>not known</small>
                ) : (
                  <Tooltip
                    label={`Upper bound for this class alone, ${percent(proposal.certificate.confidence, 0)} sure`}
                  >
                    <span>{percent(share.upper)}</span>
                  </Tooltip>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > FEW && (
        <button type="button" className={styles.more} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${count(rows.length)} classes`}
        </button>
      )}
    </section>
  );
}
