/** The measures of both models beside each other, and by class and slice. */
import { Tooltip } from "@mantine/core";
import type { Comparison, Paired, PartPair } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, percent } from "../parts/format";
import { inUnits, measureName, measureText } from "../parts/measures";
import styles from "./compare.module.css";
import { Gap, scaleOf } from "./Gap";

const MOST = 24;

export function MeasuresCard({ found }: { found: Comparison }) {
  const measures = Object.entries(found.measures);
  const shares = scaleOf(measures.filter(([name]) => !inUnits(name)).map(([, pair]) => pair));
  return (
    <section className={styles.card} aria-labelledby="measures">
      <h2 id="measures">Measures</h2>
      <p className={styles.hint}>
        On the same {count(found.count)} audit assets, labelled by people. A difference is paired,
        so its interval is narrower than the two figures suggest; one that leaves out zero is
        coloured.
      </p>
      <Frame heads={["Measure", found.first.title, found.second.title]}>
        {measures.map(([name, pair]) => (
          <tr key={name}>
            <th scope="row">{measureName(name)}</th>
            <Sides pair={pair} measure={name} />
            <td>
              <Gap pair={pair} measure={name} scale={inUnits(name) ? scaleOf([pair]) : shares} />
            </td>
          </tr>
        ))}
      </Frame>
    </section>
  );
}

type PartsProps = { title: string; hint: string; parts: readonly PartPair[]; found: Comparison };

/** Classes or slices, the largest change first. */
export function PartsCard({ title, hint, parts, found }: PartsProps) {
  if (parts.length === 0) return null;
  const order = [...parts].sort(
    (a, b) => Math.abs(b.right.difference.value) - Math.abs(a.right.difference.value),
  );
  const shown = order.slice(0, MOST);
  const isClass = parts === found.classes;
  const scale = scaleOf(shown.map(({ right }) => right));
  return (
    <section className={styles.card} aria-label={title}>
      <h2>{title}</h2>
      <p className={styles.hint}>
        {hint}
        {order.length > shown.length &&
          ` ${count(order.length - shown.length)} further ones are left out.`}
      </p>
      <Frame heads={[isClass ? "Class" : "Slice", found.first.title, found.second.title]}>
        {shown.map(({ name, right, count: size }) => (
          <tr key={name}>
            <th scope="row">
              {isClass ? (
                // Within the chip, where the name gives way to it.
                <ClassChip name={name}>
                  <small>{count(size)}</small>
                </ClassChip>
              ) : (
                <>
                  {name} <small>{count(size)}</small>
                </>
              )}
            </th>
            <Sides pair={right} measure="recall" />
            <td>
              <Gap pair={right} measure="recall" scale={scale} />
            </td>
          </tr>
        ))}
      </Frame>
    </section>
  );
}

function Frame({ heads, children }: { heads: string[]; children: React.ReactNode }) {
  return (
    <div className={styles.tableFrame}>
      <table className={styles.table}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function Sides({ pair, measure }: { pair: Paired; measure: string }) {
  return [pair.first, pair.second].map((side, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the first and the second
    <td key={at}>
      <Tooltip label={`95 % interval ${text(measure, side.low)} to ${text(measure, side.high)}`}>
        <span>{text(measure, side.value)}</span>
      </Tooltip>
    </td>
  ));
}

function text(measure: string, value: number): string {
  return inUnits(measure) ? measureText(measure, value) : percent(value);
}
