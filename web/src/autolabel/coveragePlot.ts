/** Draws with Observable Plot how much each promised error rate would spare people. */
import * as Plot from "@observablehq/plot";
import type { Proposal } from "../api/types";
import { percent } from "../parts/format";
import { RATES, rateText } from "./promise";

export const HEIGHT = 320;
export const MARGIN = { left: 48, right: 24, top: 32, bottom: 44 };
const TICKS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2];

/** `promise` parts what it lets in from what only a weaker one would. */
export function drawCoverage(
  curve: Proposal["curve"],
  promise: number,
  width: number,
): SVGElement | HTMLElement {
  const kept = curve.filter((point) => point.max_error <= promise * (1 + 1e-9));
  const line = { x: "max_error", curve: "step-after" as const };
  return Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    style: {
      background: "transparent",
      color: "var(--q-dim)",
      fontSize: "12px",
      fontFamily: "inherit",
      overflow: "visible",
    },
    x: {
      type: "log",
      domain: [RATES[0], RATES[RATES.length - 1]],
      label: "promised: at most so many wrong",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: TICKS,
      tickFormat: (rate: number) => rateText(rate),
      tickSize: 0,
      tickPadding: 8,
    },
    y: {
      domain: [0, 1],
      label: null,
      ticks: 5,
      tickSize: 0,
      tickPadding: 8,
      tickFormat: (share: number) => percent(share, 0),
    },
    marks: [
      Plot.gridY({ stroke: "var(--q-line)", strokeOpacity: 1, ticks: 5 }),
      Plot.areaY(kept, { ...line, y: "coverage", fill: "var(--q-accent)", fillOpacity: 0.16 }),
      Plot.lineY(curve, { ...line, y: "coverage", stroke: "var(--q-accent)", strokeWidth: 2 }),
      Plot.dot(curve, {
        x: "max_error",
        y: "coverage",
        r: 3.5,
        fill: "var(--q-accent)",
        stroke: "var(--q-surface)",
        strokeWidth: 1.5,
      }),
    ],
  });
}
