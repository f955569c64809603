/** The learning curve: the active arm against the random control, with their 95 % bands. */
import { SegmentedControl } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { sessionQuery } from "../api/queries";
import { type Home, mayBrowse } from "../api/types";
import { count, plural } from "../parts/format";
import { measureName } from "../parts/measures";
import { isWithoutAudit, NoAudit } from "../parts/NoAudit";
import { NoControl } from "../parts/NoControl";
import { type Axis, availableAxes, curveRows, drawCurve } from "./curvePlot";
import styles from "./home.module.css";
import { aheadRows } from "./outlook";

const NAMES: Record<Axis, string> = { labels: "Labels", seconds: "Hours", money: "Money" };

type Props = { home: Home; learns: boolean };

export default function CurveCard({ home, learns }: Props) {
  const me = useQuery(sessionQuery).data;
  const axes = availableAxes(home.curve);
  const [wanted, setWanted] = useState<Axis>("labels");
  const axis = axes.includes(wanted) ? wanted : "labels";
  return (
    <section className={styles.card} aria-labelledby="curve-title">
      <div className={styles.cardHead}>
        <div>
          <h2 id="curve-title">{measureName(home.curve.measure)} on the audit set</h2>
          <p className={styles.hint}>
            {learns && !isWithoutAudit(home) && summary(home)}{" "}
            {home.curve.control.length > 0 && mayBrowse(me) && (
              <Link to="/experiment" className={styles.hintLink}>
                {home.curve.measure === "r2" ? "Side by side" : "Class by class"}
              </Link>
            )}
          </p>
          {learns && <NoAudit home={home} className={styles.hint} />}
          {learns && <NoControl home={home} className={styles.hint} />}
        </div>
        <SegmentedControl
          size="xs"
          value={axis}
          onChange={(value) => setWanted(value as Axis)}
          data={(Object.keys(NAMES) as Axis[]).map((value) => ({
            value,
            label: NAMES[value],
            disabled: !axes.includes(value),
          }))}
          aria-label="Horizontal axis"
        />
      </div>
      {home.curve.active.length === 0 ? (
        <NoCurve home={home} learns={learns} />
      ) : (
        <Chart home={home} axis={axis} />
      )}
    </section>
  );
}

function summary(home: Home): string {
  const last = home.curve.active.at(-1);
  if (!last) return "Measured on one random sample, beside a model that learns from random labels.";
  const dashes = home.advice?.outlook.length ? " Dashes are what is expected next." : "";
  return `Measured on one random sample of ${count(last.accuracy.count)}. Bands are 95 % intervals.${dashes}${leftOut(home.curve.left_out)}`;
}

/** Rounds that were measured on another sample, before assets joined, whose models are gone. */
function leftOut(rounds: number): string {
  if (rounds === 0) return "";
  return ` ${plural(rounds, "round that was not measured on it is", "rounds that were not measured on it are")} left out.`;
}

function NoCurve({ home, learns }: Props) {
  return (
    <div className={styles.noCurve}>
      <p>{noCurve(home, learns)}</p>
    </div>
  );
}

function noCurve(home: Home, learns: boolean): string {
  if (!learns)
    return "There is no curve: no model learns from labels of this kind yet. They are kept, and can be exported to train elsewhere.";
  if (isWithoutAudit(home)) return "There is no curve: no model is measured.";
  if (home.rounds.length === 0)
    return home.next_batch_size === 0
      ? "There is no curve: no model is measured."
      : `Label the first ${home.next_batch_size} and the curve begins here.`;
  return home.rounds.at(-1)?.step === "done"
    ? "The curve begins with the first model that is measured on the audit set."
    : "The curve begins when this round's labels are in and the first model is measured.";
}

function Chart({ home, axis }: { home: Home; axis: Axis }) {
  const frame = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize();
  const host = useMergedRef(frame, ref);
  const navigate = useNavigate();

  useEffect(() => {
    if (!frame.current || width < 120) return;
    const ahead = axis === "labels" ? aheadRows({ advice: home.advice, curve: home.curve }) : [];
    const chart = drawCurve(curveRows(home.curve, axis), {
      axis,
      width,
      currency: home.currency,
      ahead,
    });
    // Plot names its groups for people who read the source; a screen reader has no use for them.
    for (const group of chart.querySelectorAll("g[aria-label]"))
      group.removeAttribute("aria-label");
    chart.setAttribute("role", "group");
    frame.current.replaceChildren(chart);
    const open = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const number = link?.getAttribute("xlink:href")?.split("/").at(-1);
      if (!number || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      void navigate({ to: "/rounds/$number", params: { number } });
    };
    chart.addEventListener("click", open as EventListener);
    return () => chart.removeEventListener("click", open as EventListener);
  }, [home.advice, home.curve, home.currency, axis, width, navigate]);

  return <div ref={host} className={styles.chart} />;
}
