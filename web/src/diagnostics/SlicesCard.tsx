/** Saved slices: how right the model is on each, against the rest, and over the rounds. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sessionQuery } from "../api/queries";
import { mayManage, type SliceReport } from "../api/types";
import { count, percent, plural } from "../parts/format";
import { Range } from "../team/Range";
import { BatchButton } from "./BatchButton";
import { lineOf } from "./lessons";
import { courseOf, pointOf, rightMeaning, rightWords, verdictWords } from "./slices";
import styles from "./slices.module.css";
import { slicesQuery, useRemoveSlice } from "./useSlices";

const WIDTH = 96;
const HEIGHT = 20;

export function SlicesCard({ round }: { round: number | undefined }) {
  const { data } = useQuery(slicesQuery);
  const manages = mayManage(useQuery(sessionQuery).data);
  if (!data) return null;
  return (
    <section className={styles.card} aria-labelledby="slices">
      <h2 id="slices">Saved slices</h2>
      {data.length === 0 ? (
        <p className={styles.hint}>
          None yet. Save a slice that was found above, or filters of the{" "}
          <Link to="/catalog" className={styles.link}>
            catalog
          </Link>
          : each round then tells how right the model is on it.
        </p>
      ) : (
        <>
          <div className={styles.tableFrame}>
            <table className={styles.slices}>
              <thead>
                <tr>
                  <th scope="col">Slice</th>
                  <th scope="col">{rightWords(data[0]?.measure)} on audit labels</th>
                  <th scope="col">Against the rest</th>
                  <th scope="col">By round</th>
                  <th scope="col">
                    <span className="visually-hidden">What to do</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.map((report) => (
                  <Row key={report.slice.name} report={report} round={round} manages={manages} />
                ))}
              </tbody>
            </table>
          </div>
          <p className={styles.hint}>
            {rightMeaning(data[0]?.measure)}Asked anew each time, on the audit labels there are now,
            under each round's model. Intervals are of 95 %; whether a slice differs is tested at 5
            % over all of them together. On the labels that it was found on a slice looks worse than
            it is.
          </p>
        </>
      )}
    </section>
  );
}

type RowProps = { report: SliceReport; round: number | undefined; manages: boolean };

function Row({ report, round, manages }: RowProps) {
  const { slice, rule, assets, problem } = report;
  return (
    <tr>
      <th scope="row">
        <Link to="/catalog" search={{ slice: slice.name }} className={styles.link}>
          {slice.name}
        </Link>
        <small>
          {rule !== slice.name && `${rule} · `}
          {plural(assets, "asset")}
        </small>
      </th>
      {problem ? (
        <td colSpan={3} className={styles.problem}>
          Not measured: {problem}
        </td>
      ) : (
        <Standing report={report} round={round} />
      )}
      <td>
        <span className={styles.tools}>
          <BatchButton wishes={{ slice: slice.name }} about={slice.name} />
          {manages && <Remove name={slice.name} />}
        </span>
      </td>
    </tr>
  );
}

/** Its accuracy, what that is against the rest, and the line over the rounds. */
function Standing({ report, round }: Omit<RowProps, "manages">) {
  const point = pointOf(report, round);
  const accuracy = point?.accuracy;
  return (
    <>
      <td>
        {accuracy ? (
          <span className={styles.right}>
            <Range of={accuracy} />
            <span>
              {percent(accuracy.value, 0)}
              <small>
                {percent(accuracy.low, 0).replace(/\D+$/, "")}–{percent(accuracy.high, 0)} of{" "}
                {count(accuracy.count)}
              </small>
            </span>
          </span>
        ) : (
          "No audit label"
        )}
      </td>
      <td className={styles.verdict} data-verdict={point?.verdict}>
        {point ? verdictWords(point) : "No model in this round"}
      </td>
      <td>
        <svg
          viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`}
          width={WIDTH}
          height={HEIGHT}
          role="img"
          aria-label={`By round: ${courseOf(report)
            .map((share) => (share === null ? "not measured" : percent(share, 0)))
            .join(", ")}`}
        >
          <polyline points={lineOf(courseOf(report), WIDTH, HEIGHT)} />
        </svg>
      </td>
    </>
  );
}

function Remove({ name }: { name: string }) {
  const remove = useRemoveSlice();
  return (
    <Tooltip label="Forget this slice; its assets and labels stay">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Forget the slice ${name}`}
        loading={remove.isPending}
        onClick={() => remove.mutate(name)}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
