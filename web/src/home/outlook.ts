/** Where the learning curve is expected to go: how much of it to draw, and the marks that draw it. */
import * as Plot from "@observablehq/plot";
import type { Home, OutlookPoint } from "../api/types";
import { percent, plural } from "../parts/format";

export type Ahead = {
  x: number;
  value: number;
  low: number;
  high: number;
  title: string;
};

/** How far ahead the picture goes, as a share of the labels so far: the past shall stay legible. */
const FARTHEST = 0.6;

/** From the last measured round on; empty where nothing is foretold. */
export function aheadRows(home: Pick<Home, "advice" | "curve">): Ahead[] {
  const last = home.curve.active.at(-1);
  const outlook = home.advice?.outlook ?? [];
  const begun = outlook[0] && outlook[0].labels - outlook[0].more;
  // Advice that is older than the curve foretells what has been measured since.
  if (!last || begun !== last.labels) return [];
  const drawn = outlook.filter((at, index) => index === 0 || at.more <= FARTHEST * last.labels);
  const value = last.accuracy.value;
  return [
    { x: last.labels, value, low: value, high: value, title: "" },
    ...drawn.map((at) => ({
      x: at.labels,
      value: at.value,
      low: at.low,
      high: at.high,
      title: told(at),
    })),
  ];
}

function told(at: OutlookPoint): string {
  const interval = `${percent(at.low)} to ${percent(at.high)}`;
  return `Expected with ${plural(at.labels, "label")}\n${percent(at.value)}, 95 % interval ${interval}`;
}

export function aheadMarks(rows: readonly Ahead[]): Plot.Markish[] {
  const [, ...points] = rows;
  const end = points.at(-1);
  if (!end) return [];
  const line = { x: "x", curve: "monotone-x" as const };
  return [
    Plot.areaY(rows, {
      ...line,
      y1: "low",
      y2: "high",
      fill: "var(--q-accent)",
      fillOpacity: 0.07,
    }),
    Plot.lineY(rows, {
      ...line,
      y: "value",
      stroke: "var(--q-accent)",
      strokeWidth: 2,
      strokeDasharray: "4 4",
    }),
    Plot.dot(points, {
      x: "x",
      y: "value",
      r: 3,
      fill: "var(--q-surface)",
      stroke: "var(--q-accent)",
      strokeWidth: 1.5,
    }),
    Plot.text([end], {
      x: "x",
      y: "value",
      text: () => `${percent(end.value)} expected`,
      dx: 12,
      textAnchor: "start",
      fill: "var(--q-dim)",
      fontSize: 12,
    }),
  ];
}
