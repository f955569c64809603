/** Draws the learning curve with Observable Plot: lines labelled at their end, bands for doubt. */
import * as Plot from "@observablehq/plot";
import type { CurvePoint, Home } from "../api/types";
import { amountName, estimate, percent, plural } from "../parts/format";
import { type Ahead, aheadMarks } from "./outlook";

export type Axis = "labels" | "seconds" | "money";

export type Row = {
  arm: "active" | "control";
  /** None where the point is of no round. */
  round: number | null;
  labels: number;
  x: number;
  value: number;
  low: number;
  high: number;
  title: string;
};

/** The points of both arms. */
type Arms = Pick<Home["curve"], "active" | "control">;

const HEIGHT = 340;
const ABOVE = -18;
const LOWEST = -0.5;
const COLOUR = { active: "var(--q-accent)", control: "var(--q-control)" };
const NAME = { active: "Active", control: "Random" };

/** The axes for which every point has a value. */
export function availableAxes(curve: Arms): Axis[] {
  const points = [...curve.active, ...curve.control];
  const has = (axis: Axis) => points.length > 0 && points.every((point) => point[axis] !== null);
  return (["labels", "seconds", "money"] as const).filter((axis) => axis === "labels" || has(axis));
}

/** Both arms as rows; `x` is labels, hours or money. */
export function curveRows(curve: Arms, axis: Axis): Row[] {
  const rows = (arm: Row["arm"], points: readonly CurvePoint[]) =>
    points.map((point) => ({
      arm,
      round: point.round,
      labels: point.labels,
      x: (point[axis] ?? 0) / (axis === "seconds" ? 3600 : 1),
      value: point.accuracy.value,
      low: point.accuracy.low,
      high: point.accuracy.high,
      title: `${NAME[arm]}, round ${point.round}\n${plural(point.labels, "label")}\n${estimate(point.accuracy)}`,
    }));
  return [...rows("control", curve.control), ...rows("active", curve.active)];
}

/** Vertical nudges in pixels that keep two end labels apart. */
export function nudges(
  active: number,
  control: number | null,
  pixelsPerUnit: number,
): [number, number] {
  if (control === null) return [0, 0];
  const apart = (active - control) * pixelsPerUnit;
  const missing = Math.max(0, 18 - Math.abs(apart)) / 2;
  const up = apart >= 0 ? -missing : missing;
  return [up, -up];
}

type Options = {
  axis: Axis;
  width: number;
  currency: string | null;
  /** Where the active arm is expected to go; none by default. */
  ahead?: readonly Ahead[];
};

/** From zero where all points are one: an axis without width counts in millionths of a label. */
export function rangeOf(at: readonly number[]): [number, number] | undefined {
  const [first, last] = [Math.min(...at), Math.max(...at)];
  return first === last ? [0, 2 * (last || 1)] : undefined;
}

export function drawCurve(
  rows: readonly Row[],
  { axis, width, currency, ahead = [] }: Options,
): SVGElement | HTMLElement {
  const lowest = Math.min(...[...rows, ...ahead].map((row) => row.low));
  // R² falls below zero, at first without end; what is under this is drawn on the edge.
  const low = Math.max(lowest < 0 ? LOWEST : 0, lowest - 0.02);
  const high = Math.min(1, Math.max(...[...rows, ...ahead].map((row) => row.high)) + 0.02);
  const ends = (["active", "control"] as const).map((arm) =>
    rows.filter((row) => row.arm === arm).at(-1),
  );
  const [active, control] = ends;
  const [up, down] = nudges(
    active?.value ?? 0,
    control?.value ?? null,
    (HEIGHT - 56) / (high - low),
  );
  return Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: 48,
    marginRight: 112,
    marginTop: 16,
    marginBottom: 40,
    style: {
      background: "transparent",
      color: "var(--q-dim)",
      fontSize: "12px",
      fontFamily: "inherit",
      overflow: "visible",
    },
    ariaLabel: "Learning curve",
    x: {
      label: axisLabel(axis, currency),
      labelAnchor: "center",
      labelArrow: "none",
      ticks: Math.min(8, Math.floor(width / 90)),
      tickSize: 0,
      tickPadding: 8,
      domain: rangeOf([...rows, ...ahead].map(({ x }) => x)),
      nice: true,
    },
    y: {
      domain: [low, high],
      clamp: true,
      label: null,
      ticks: 5,
      tickSize: 0,
      tickPadding: 8,
      tickFormat: (value: number) => percent(value, 0),
    },
    marks: [
      Plot.gridY({ stroke: "var(--q-line)", strokeOpacity: 1, ticks: 5 }),
      ...(["control", "active"] as const).flatMap((arm) =>
        armMarks(
          rows.filter((row) => row.arm === arm),
          arm,
        ),
      ),
      ...aheadMarks(ahead),
      // What is expected goes on to the right of the last round: its name moves to its left.
      ...(ahead.length > 0 ? endLabel(active, ABOVE, "end") : endLabel(active, up)),
      ...endLabel(control, down),
      Plot.tip(
        [...rows, ...ahead.slice(1)],
        Plot.pointer({
          x: "x",
          y: "value",
          title: "title",
          fill: "var(--q-surface)",
          stroke: "var(--q-line-strong)",
          pointerEvents: "none",
          preferredAnchor: "bottom",
          lineHeight: 1.35,
        }),
      ),
    ],
  });
}

function armMarks(rows: readonly Row[], arm: Row["arm"]): Plot.Markish[] {
  const line = { x: "x", curve: "monotone-x" as const };
  return [
    Plot.areaY(rows, {
      ...line,
      y1: "low",
      y2: "high",
      fill: COLOUR[arm],
      fillOpacity: arm === "active" ? 0.16 : 0.12,
    }),
    Plot.lineY(rows, {
      ...line,
      y: "value",
      stroke: COLOUR[arm],
      strokeWidth: arm === "active" ? 2.5 : 1.75,
    }),
    Plot.dot(rows, {
      x: "x",
      y: "value",
      r: arm === "active" ? 4.5 : 3.5,
      fill: COLOUR[arm],
      stroke: "var(--q-surface)",
      strokeWidth: 1.5,
      href: (row: Row) => (row.round === null ? null : `/rounds/${row.round}`),
      ariaLabel: (row: Row) => row.title.replaceAll("\n", ", "),
    }),
  ];
}

function endLabel(
  end: Row | undefined,
  dy: number,
  anchor: "start" | "end" = "start",
): Plot.Markish[] {
  if (!end) return [];
  const text = `${NAME[end.arm]} ${percent(end.value)}`;
  return [
    Plot.text([end], {
      x: "x",
      y: "value",
      text: () => text,
      dx: anchor === "start" ? 12 : 4,
      dy,
      textAnchor: anchor,
      fill: end.arm === "active" ? "var(--q-accent-text)" : "var(--q-dim)",
      // A halo, for the lines may run behind it.
      stroke: "var(--q-surface)",
      strokeWidth: 4,
      fontWeight: 600,
      fontSize: 12,
    }),
  ];
}

function axisLabel(axis: Axis, currency: string | null): string {
  if (axis === "seconds") return "hours of labelling";
  if (axis === "money") return amountName("money spent", currency);
  return "labels";
}
