/** What the model takes for what; each cell opens its assets and can become the next batch. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { projectQuery } from "../api/queries";
import type { ConfusionCell } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, percent, plural } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { BatchButton } from "./BatchButton";
import type { ChangeDiagnose } from "./DiagnosePage";
import type { DiagnoseSearch } from "./diagnoseSearch";
import styles from "./diagnostics.module.css";
import { everySecond } from "./evidence";
import { Gallery } from "./Gallery";
import { cellKey, type Matrix, matrixOf, nextCell, placeOf, worstCell } from "./matrix";
import { confusionsQuery } from "./queries";

type Props = { search: DiagnoseSearch; change: ChangeDiagnose };

export function ConfusionCard({ search, change }: Props) {
  const { data, error } = useQuery(confusionsQuery(search.round));
  const classes = useQuery(projectQuery).data?.ontology.classes;
  const matrix = useMemo(
    () => matrixOf(data?.cells ?? [], classes?.map(({ name }) => name) ?? []),
    [data, classes],
  );
  if (error && !data) return <ErrorNotice error={error} />;
  if (matrix.names.length === 0) return null;
  const open =
    search.truth === undefined || search.predicted === undefined
      ? undefined
      : matrix.cells.get(cellKey(search.truth, search.predicted));
  const all = [...matrix.totals.values()].reduce((sum, value) => sum + value, 0);
  return (
    <section className={styles.card} aria-labelledby="confusion">
      <h2 id="confusion">What it takes for what</h2>
      <p className={styles.hint}>
        {plural(all, "label")} that chance drew and this model did not learn. A cell opens its
        assets.
        {matrix.hidden > 0 &&
          ` The ${count(matrix.names.length)} classes with most errors; ${count(matrix.hidden)} others are left out.`}
      </p>
      <div className={styles.beside}>
        <div className={styles.matrixFrame}>
          <Grid matrix={matrix} open={open} change={change} />
        </div>
        {open && (
          <Cell
            key={cellKey(open.truth, open.predicted)}
            cell={open}
            of={matrix.totals.get(open.truth) ?? 0}
            change={change}
          />
        )}
      </div>
    </section>
  );
}

type GridProps = { matrix: Matrix; open: ConfusionCell | undefined; change: ChangeDiagnose };

function Grid({ matrix, open, change }: GridProps) {
  const { names, cells, totals } = matrix;
  const table = useRef<HTMLTableElement>(null);
  const first = worstCell(matrix);
  // A link may open a cell whose class the table leaves out: it still has a way in for the keyboard.
  const entry = (open && placeOf(matrix, open)) ?? first;
  const move = (event: KeyboardEvent, row: number, column: number) => {
    const next = nextCell(matrix, { row, column }, event.key);
    if (!next) return;
    event.preventDefault();
    table.current
      ?.querySelector<HTMLButtonElement>(`[data-place="${next.row}-${next.column}"]`)
      ?.focus();
  };
  return (
    <table className={styles.matrix} ref={table}>
      <caption className="visually-hidden">
        Rows are labels, columns what the model says. Arrow keys move between cells.
      </caption>
      <thead>
        <tr>
          <td className={styles.corner}>
            <span>label ↓ model →</span>
          </td>
          {names.map((name) => (
            <th key={name} scope="col" title={name}>
              <span>{name}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.map((truth, row) => (
          <tr key={truth}>
            <th scope="row">
              <ClassChip name={truth} />
            </th>
            {names.map((predicted, column) => {
              const cell = cells.get(cellKey(truth, predicted));
              if (!cell) return <td key={predicted} />;
              const share = cell.count / (totals.get(truth) ?? cell.count);
              const isOpen = cell === open;
              return (
                <td key={predicted}>
                  <button
                    type="button"
                    data-place={`${row}-${column}`}
                    data-right={truth === predicted || undefined}
                    tabIndex={entry?.row === row && entry.column === column ? 0 : -1}
                    aria-expanded={isOpen}
                    aria-label={words(cell)}
                    title={`${words(cell)}, ${percent(share, 0)} of ${truth}`}
                    style={{ "--heat": share } as React.CSSProperties}
                    onKeyDown={(event) => move(event, row, column)}
                    onClick={() =>
                      change({
                        truth: isOpen ? undefined : truth,
                        predicted: isOpen ? undefined : predicted,
                      })
                    }
                  >
                    {count(cell.count)}
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function words({ truth, predicted, count: n }: ConfusionCell): string {
  return truth === predicted
    ? `${count(n)} ${truth} found`
    : `${count(n)} ${truth} taken for ${predicted}`;
}

type CellProps = { cell: ConfusionCell; of: number; change: ChangeDiagnose };

function Cell({ cell, of, change }: CellProps) {
  const isRight = cell.truth === cell.predicted;
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    frame.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <section ref={frame} className={styles.cell} aria-label={words(cell)} data-testid="cell">
      <div className={styles.cellHead}>
        <p>
          <ClassChip name={cell.truth} /> {isRight ? "found" : "taken for"}{" "}
          {!isRight && <ClassChip name={cell.predicted} hollow />}
          <strong>
            {count(cell.count)} of {count(of)}
          </strong>
        </p>
        <div className={styles.cellTools}>
          <BatchButton
            wishes={{ examples: everySecond(cell.asset_ids) }}
            about={words(cell)}
            main
          />
          <Tooltip label="Close">
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Close the cell"
              onClick={() => change({ truth: undefined, predicted: undefined })}
            >
              <IconX size={16} />
            </ActionIcon>
          </Tooltip>
        </div>
      </div>
      <p className={styles.hint}>
        {isRight ? "Least sure first." : "Surest errors first."} The batch holds more like every
        second of these, and what the model wavers on.
      </p>
      <Gallery ids={cell.asset_ids} first={16} />
    </section>
  );
}
