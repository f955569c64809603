/** Coverage against certified error, with the promise as a line to drag: by mouse or by arrow keys. */
import { SegmentedControl } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from "react";
import type { Proposal } from "../api/types";
import { ago, count, percent, plural } from "../parts/format";
import styles from "./autolabel.module.css";
import { drawCoverage, HEIGHT, MARGIN } from "./coveragePlot";
import { freeOf, placeOf, pointAt, RATES, rateAt, rateByKey, rateText, SURES } from "./promise";

type Props = {
  proposal: Proposal | undefined;
  promise: number;
  sure: number;
  move: (promise: number) => void;
  change: (part: { sure: number }) => void;
};

export default function CoverageCard({ proposal, promise, sure, move, change }: Props) {
  return (
    <section className={styles.card} aria-labelledby="coverage">
      <div className={styles.cardHead}>
        <div>
          <h2 id="coverage">Labelled without a person, by what is promised</h2>
          <p className={styles.hint}>{about(proposal, sure)}</p>
        </div>
        <SegmentedControl
          size="xs"
          value={String(sure)}
          onChange={(value) => change({ sure: Number(value) })}
          data={SURES.map((value) => ({
            value: String(value),
            label: `${percent(value, 0)} sure`,
          }))}
          aria-label="How sure the promise is"
        />
      </div>
      <Chart proposal={proposal} promise={promise} move={move} />
    </section>
  );
}

function about(proposal: Proposal | undefined, sure: number): string {
  if (!proposal) return "Drag the line to choose the promise. The curve comes with working it out.";
  const { confidence, available } = proposal.certificate;
  const basis = `Share of ${count(freeOf(proposal))} open assets, ${percent(confidence, 0)} sure, from ${plural(available, "random check")}, ${ago(proposal.created_at)}.`;
  return confidence === sure
    ? basis
    : `${basis} Work it out again for a curve that is ${percent(sure, 0)} sure.`;
}

type ChartProps = Pick<Props, "proposal" | "promise" | "move">;

function Chart({ proposal, promise, move }: ChartProps) {
  const drawing = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize();
  const host = useMergedRef(drawing, ref);

  useEffect(() => {
    if (!drawing.current || width < 120) return;
    const chart = drawCoverage(proposal?.curve ?? [], promise, width);
    // The slider says all of it in words.
    chart.setAttribute("aria-hidden", "true");
    drawing.current.replaceChildren(chart);
  }, [proposal, promise, width]);

  const room = Math.max(1, width - MARGIN.left - MARGIN.right);
  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const rate = rateAt((event.clientX - box.left - MARGIN.left) / room);
    if (rate !== promise) move(rate);
  };
  const take = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    event.currentTarget.querySelector<HTMLElement>("[role=slider]")?.focus();
    event.preventDefault();
    follow(event);
  };
  const press = (event: KeyboardEvent) => {
    const next = rateByKey(promise, event.key);
    if (next === null) return;
    event.preventDefault();
    move(next);
  };
  const said = wordsAt(proposal, promise);
  return (
    <div
      className={styles.chart}
      style={{ minHeight: HEIGHT }}
      data-testid="coverage"
      onPointerDown={take}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) follow(event);
      }}
    >
      <div ref={host} />
      <div
        className={styles.promise}
        style={{
          left: MARGIN.left + placeOf(promise) * room,
          top: MARGIN.top - 4,
          bottom: MARGIN.bottom,
        }}
        role="slider"
        tabIndex={0}
        aria-label="Promised error rate"
        aria-valuemin={RATES[0]}
        aria-valuemax={RATES[RATES.length - 1]}
        aria-valuenow={promise}
        aria-valuetext={`at most ${said}`}
        aria-orientation="horizontal"
        data-left={placeOf(promise) > 0.6 || undefined}
        onKeyDown={press}
      >
        <i aria-hidden="true" />
        <strong aria-hidden="true">{said}</strong>
      </div>
    </div>
  );
}

/** "2 % wrong: 412 assets, 68.7 %". */
function wordsAt(proposal: Proposal | undefined, promise: number): string {
  const head = `${rateText(promise)} wrong`;
  const point = proposal && pointAt(proposal, promise);
  if (!point) return head;
  if (point.count === 0) return `${head}: nothing yet`;
  return `${head}: ${plural(point.count, "asset")}, ${percent(point.coverage)}`;
}
