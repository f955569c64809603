/** The cells of a confusion matrix as rows and columns that fit a page. */
import type { ConfusionCell } from "../api/types";

export type Matrix = {
  names: string[];
  /** Classes that are left out because the model errs least on them. */
  hidden: number;
  cells: Map<string, ConfusionCell>;
  totals: Map<string, number>;
};

export const MOST = 16;

/** A key for a cell that no class name can imitate. */
export function cellKey(truth: string, predicted: string): string {
  return JSON.stringify([truth, predicted]);
}

/** The classes with most errors, in the project's order. */
export function matrixOf(cells: readonly ConfusionCell[], order: readonly string[]): Matrix {
  const totals = new Map<string, number>();
  const errors = new Map<string, number>();
  for (const { truth, predicted, count } of cells) {
    totals.set(truth, (totals.get(truth) ?? 0) + count);
    const wrong = truth === predicted ? 0 : count;
    for (const name of [truth, predicted]) errors.set(name, (errors.get(name) ?? 0) + wrong);
  }
  const known = order.filter((name) => errors.has(name));
  const worst = [...known].sort((a, b) => (errors.get(b) ?? 0) - (errors.get(a) ?? 0));
  const shown = new Set(worst.slice(0, MOST));
  return {
    names: known.filter((name) => shown.has(name)),
    hidden: known.length - shown.size,
    cells: new Map(cells.map((cell) => [cellKey(cell.truth, cell.predicted), cell])),
    totals,
  };
}

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

type Place = { row: number; column: number };

/** The next cell with assets in the direction of an arrow key; null where there is none. */
export function nextCell({ names, cells }: Matrix, from: Place, key: string): Place | null {
  const step = STEPS[key];
  if (!step) return null;
  let { row, column } = from;
  for (;;) {
    row += step[0];
    column += step[1];
    const truth = names[row];
    const predicted = names[column];
    if (truth === undefined || predicted === undefined) return null;
    if (cells.has(cellKey(truth, predicted))) return { row, column };
  }
}

/** Where a cell stands; null where one of its classes is left out. */
export function placeOf({ names }: Matrix, of: ConfusionCell): Place | null {
  const [row, column] = [names.indexOf(of.truth), names.indexOf(of.predicted)];
  return row < 0 || column < 0 ? null : { row, column };
}

/** The error with most assets, where the eye and the Tab key begin. */
export function worstCell({ names, cells }: Matrix): Place | null {
  let most = 0;
  let place: Place | null = null;
  names.forEach((truth, row) => {
    names.forEach((predicted, column) => {
      const found = cells.get(cellKey(truth, predicted))?.count ?? 0;
      if (place !== null && (row === column || found <= most)) return;
      if (found === 0) return;
      most = row === column ? 0 : found;
      place = { row, column };
    });
  });
  return place;
}
