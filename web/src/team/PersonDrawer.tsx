/** One person: what they give too often, what they take for what, gold answers, week by week, the terms. */
import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { WorkReport } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, plural, points } from "../parts/format";
import { valueText } from "../parts/valueText";
import { says } from "../review/sameAnswer";
import { AssetStrip } from "./AssetStrip";
import { type Known, seconds } from "./PeopleTab";
import { PersonForm } from "./PersonForm";
import { goldQuery, saidQuery } from "./queries";
import styles from "./team.module.css";

type Props = { known: Known; currency: string | null; close: () => void };

/** Shares of a class below this are told by nobody. */
const SLIGHT = 0.005;

export function PersonDrawer({ known, currency, close }: Props) {
  const { person, report } = known;
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size={480}
      title={person.name}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className={styles.drawer}>
        {report ? (
          <>
            <Bias report={report} />
            <Confusions report={report} />
            <GoldAnswers name={person.name} />
            <Weeks report={report} />
            <p>
              <Link
                to="/review"
                search={{ state: "any", annotator: person.name }}
                className={styles.link}
              >
                All labels of {person.name} that hold
              </Link>
            </p>
          </>
        ) : (
          <p className={styles.hint}>{person.name} has not labelled yet.</p>
        )}
        <PersonForm person={person} currency={currency} />
      </div>
    </Drawer>
  );
}

function Bias({ report }: { report: WorkReport }) {
  const rows = Object.entries(report.bias)
    .filter(([, bias]) => Math.abs(bias) >= SLIGHT)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, 8);
  const most = Math.max(...rows.map(([, bias]) => Math.abs(bias)));
  return (
    <section aria-labelledby="bias">
      <h3 id="bias">Gives too often, or too seldom</h3>
      {rows.length === 0 ? (
        <p className={styles.hint}>Nothing stands out.</p>
      ) : (
        <ul className={styles.bias}>
          {rows.map(([name, bias]) => (
            <li key={name}>
              <ClassChip name={name} />
              <span
                className={styles.lean}
                data-seldom={bias < 0 || undefined}
                style={{ "--lean": Math.abs(bias) / most } as React.CSSProperties}
                aria-hidden="true"
              />
              <span>{points(bias)} points</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Confusions({ report }: { report: WorkReport }) {
  const [open, setOpen] = useState<string | null>(null);
  const most = Math.max(1, ...report.confusions.map((confusion) => confusion.count));
  if (report.confusions.length === 0) return null;
  return (
    <section aria-labelledby="confusions">
      <h3 id="confusions">Takes one for another</h3>
      <ul className={styles.confusions}>
        {report.confusions.map((confusion) => {
          const key = `${confusion.given} ${confusion.final}`;
          return (
            <li key={key}>
              <button
                type="button"
                aria-expanded={open === key}
                style={{ "--heat": confusion.count / most } as React.CSSProperties}
                onClick={() => setOpen(open === key ? null : key)}
              >
                <ClassChip name={confusion.given} />
                <span className={styles.instead}>in place of</span>
                <ClassChip name={confusion.final} />
                <strong>{count(confusion.count)}</strong>
              </button>
              {open === key && <AssetStrip ids={confusion.asset_ids} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The first answers to gold questions that were wrong. */
function GoldAnswers({ name }: { name: string }) {
  const said = useQuery(saidQuery(name)).data;
  const asked = useQuery(goldQuery(false)).data;
  const retired = useQuery(goldQuery(true)).data;
  if (!said || !asked || !retired) return null;
  const right = new Map([...retired, ...asked].map((gold) => [gold.asset_id, gold.value]));
  const first = new Map(
    said.flatMap((one) => (one.gold ? [[one.asset_id, one.value] as const] : [])).reverse(),
  );
  if (first.size === 0) return null;
  const wrong = [...first].filter(([id, value]) => !says(value, right.get(id) ?? null));
  return (
    <section aria-labelledby="gold-answers">
      <h3 id="gold-answers">Gold questions</h3>
      <p className={styles.hint}>
        {wrong.length === 0
          ? `All ${count(first.size)} were right.`
          : `${count(wrong.length)} of ${plural(first.size, "was", "were")} not right:`}
      </p>
      <AssetStrip
        ids={wrong.map(([id]) => id)}
        say={(id) => (
          <>
            {valueText(first.get(id)) ?? "no answer"}, not {valueText(right.get(id))}
          </>
        )}
      />
    </section>
  );
}

function Weeks({ report }: { report: WorkReport }) {
  const weeks = report.weeks.slice(-8);
  const most = Math.max(...weeks.map((week) => week.labels));
  return (
    <section aria-labelledby="weeks">
      <h3 id="weeks">Week by week</h3>
      <ul className={styles.weeks}>
        {weeks.map((week) => (
          <li key={week.monday} style={{ "--share": week.labels / most } as React.CSSProperties}>
            <span>{week.monday}</span>
            <span className={styles.week} aria-hidden="true" />
            <span>
              {plural(week.labels, "answer")}
              {week.seconds !== null && `, ${seconds(week.seconds)} each`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
