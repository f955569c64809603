/** Class by class: both arms side by side, and the gain drawn with its interval. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Experiment, Measure } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, points } from "../parts/format";
import styles from "./experiment.module.css";
import {
  byGain,
  classFigures,
  classJudge,
  counted,
  gainWords,
  placeOn,
  reachOf,
  verdict,
} from "./figures";
import { Share } from "./WholeCard";

const FEW = 20;
const MOST = 300;
const ABOUT: Record<string, string> = {
  map50:
    " AP50 is the average precision at an overlap of a half; precision and recall count what is said with a confidence of a half or more.",
  f1: " A span is right if its class, its start and its end are.",
};

export function ClassCard({ experiment }: { experiment: Experiment }) {
  const [all, setAll] = useState(false);
  const { measure } = experiment.result;
  const figures = classFigures(measure);
  const [judge, judged] = classJudge(measure);
  const rows = byGain(experiment.result.classes, judge);
  const seen = rows.slice(0, all ? MOST : FEW);
  const reach = reachOf(seen.map(({ gain }) => gain[judge]));
  return (
    <section className={styles.card} aria-labelledby="by-class">
      <h2 id="by-class">Class by class, {count(experiment.result.size)} labels each</h2>
      <p className={styles.hint}>
        In percent, with 95 % intervals below. With few {counted(measure).toLowerCase()} of a class
        little is known of it.{ABOUT[measure]}
      </p>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                Class
              </th>
              <th scope="col" rowSpan={2}>
                {counted(measure)}
              </th>
              {figures.map(([kind, name]) => (
                <th scope="colgroup" colSpan={2} key={kind}>
                  {name}
                </th>
              ))}
              <th scope="col" rowSpan={2}>
                Gain in {judged}, points
              </th>
            </tr>
            <tr>
              {figures.map(([kind]) => (
                <Pair key={kind} />
              ))}
            </tr>
          </thead>
          <tbody>
            {seen.map(({ name, count: rowCount, active, control, gain }) => (
              <tr key={name}>
                <th scope="row">
                  <Link
                    to="/catalog"
                    search={{ label: [name] }}
                    title={`Show what is labelled ${name}`}
                  >
                    <ClassChip name={name} />
                  </Link>
                </th>
                <td>{count(rowCount)}</td>
                {figures.map(([kind]) => (
                  <PairOf key={kind} active={active[kind]} control={control[kind]} />
                ))}
                <td>
                  <Gain of={gain[judge]} reach={reach} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > FEW && (
        <button type="button" className={styles.more} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${count(rows.length)} classes`}
        </button>
      )}
    </section>
  );
}

function Pair() {
  return (
    <>
      <th scope="col">active</th>
      <th scope="col">random</th>
    </>
  );
}

function PairOf({ active, control }: { active: Measure | null; control: Measure | null }) {
  return (
    <>
      <Share of={active} />
      <Share of={control} />
    </>
  );
}

/** A dot on its interval, with a line at no gain; the words stand beside it. */
function Gain({ of, reach }: { of: Measure | null; reach: number }) {
  if (of === null) return <small>not defined</small>;
  const at = (value: number) => `${100 * placeOn(value, reach)}%`;
  return (
    <div className={styles.whisker} data-verdict={verdict(of)} title={gainWords(of)}>
      <span className={styles.value}>{points(of.value)}</span>
      <span className={styles.scale} aria-hidden="true">
        <i />
        <b style={{ left: at(of.low), right: `calc(100% - ${at(of.high)})` }} />
        <u style={{ left: at(of.value) }} />
      </span>
    </div>
  );
}
