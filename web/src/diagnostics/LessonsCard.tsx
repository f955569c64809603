/** What data taught: what each batch and class brought, and how the classes were learned. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ClassLesson, Lessons } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, percent, plural, signed } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { Gallery } from "./Gallery";
import {
  barsOf,
  batchName,
  batchWords,
  courseWords,
  learnedWords,
  lineOf,
  movedWords,
  perHundred,
  restsOn,
} from "./lessons";
import styles from "./lessons.module.css";
import { lessonsQuery } from "./queries";

const WIDTH = 96;
const HEIGHT = 20;
const MOST_CLASSES = 24;

export function LessonsCard({ round }: { round: number | undefined }) {
  const { data, error } = useQuery(lessonsQuery(round));
  if (error && !data) return <ErrorNotice error={error} />;
  if (!data) return <Awaited />;
  if (!data.lessons) return null;
  const told = data.lessons;
  return (
    <section className={styles.card} aria-labelledby="lessons">
      <h2 id="lessons">What data taught</h2>
      <p className={styles.sentence}>{told.sentence}</p>
      <div className={styles.beside}>
        <Batches told={told} />
        <Classes told={told} />
      </div>
      <ul className={styles.course}>
        {courseWords(told).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <div className={styles.beside}>
        <Labels title="Labels that helped most" ids={told.helpful} />
        <Labels title="Labels that did most harm: look at them again" ids={told.harmful} />
      </div>
    </section>
  );
}

/** Rounds of the command line and of notebooks are looked at only when somebody asks. */
function Awaited() {
  return (
    <section className={styles.card} aria-labelledby="lessons-awaited">
      <h2 id="lessons-awaited">What data taught</h2>
      <p className={styles.hint} role="status">
        Comparing the model with each batch and without it: the first look at a round takes seconds.
      </p>
      <Skeleton height={180} radius="md" />
    </section>
  );
}

/** Each batch as a bar from zero, its interval as a line over it. */
function Batches({ told }: { told: Lessons }) {
  const bars = barsOf(told.batches);
  return (
    <figure className={styles.batches}>
      <ol>
        {told.batches.map((batch, at) => (
          <li key={batch.last} aria-label={batchWords(batch)}>
            <span className={styles.name}>
              {batch.first === batch.last && batch.last > 0 ? (
                <Link to="/rounds/$number" params={{ number: String(batch.last) }}>
                  {batchName(batch)}
                </Link>
              ) : (
                batchName(batch)
              )}
            </span>
            <span className={styles.scale} aria-hidden="true">
              <i style={{ left: `${bars[at]?.zero}%` }} data-zero />
              <span
                data-harm={batch.points < 0 || undefined}
                style={{ left: `${bars[at]?.left}%`, width: `${bars[at]?.width}%` }}
              />
              <b style={{ left: `${bars[at]?.low}%`, right: `${100 - (bars[at]?.high ?? 0)}%` }} />
            </span>
            <span className={styles.points}>{signed(batch.points)}</span>
            <small className={styles.moved}>
              {plural(batch.labels, "label")}
              {perHundred(batch)}
              {movedWords(batch) && `; ${movedWords(batch)}`}
            </small>
          </li>
        ))}
      </ol>
      <figcaption>{restsOn(told)}</figcaption>
    </figure>
  );
}

/** Each class: its labels, what they brought, its recall over the rounds, and when it was learned. */
function Classes({ told }: { told: Lessons }) {
  const shown = [...told.classes]
    .sort((a, b) => Number(b.stalled) - Number(a.stalled) || pointsOf(b) - pointsOf(a))
    .slice(0, MOST_CLASSES);
  return (
    <div className={styles.tableFrame}>
      <table className={styles.classes}>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Labels</th>
            <th scope="col">Brought</th>
            <th scope="col">Found, by round</th>
            <th scope="col">When learned</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={one.name}>
              <th scope="row">
                <ClassChip name={one.name} />
              </th>
              <td>{count(one.labels)}</td>
              <td>{one.points === null ? "not compared" : signed(one.points)}</td>
              <td>
                <Recall of={one} />
              </td>
              <td className={styles.learned} data-stalled={one.stalled || undefined}>
                {learnedWords(one)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.some(({ points }) => points === null) && (
        <p className={styles.hint}>
          Not compared are classes beyond those with most labels, and those without which fewer than
          two classes had labels.
        </p>
      )}
      {told.classes.length > shown.length && (
        <p className={styles.hint}>
          {count(told.classes.length - shown.length)} further classes are left out.
        </p>
      )}
    </div>
  );
}

/** Classes that were not compared come after those that were. */
const pointsOf = ({ points }: ClassLesson) => points ?? Number.NEGATIVE_INFINITY;

function Recall({ of }: { of: ClassLesson }) {
  const newest = of.recall.at(-1);
  if (newest === undefined || newest === null) return <span>not measured</span>;
  return (
    <span className={styles.recall}>
      <svg
        viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`}
        width={WIDTH}
        height={HEIGHT}
        aria-hidden="true"
      >
        <polyline points={lineOf(of.recall, WIDTH, HEIGHT)} />
      </svg>
      {percent(newest, 0)}
    </span>
  );
}

function Labels({ title, ids }: { title: string; ids: readonly string[] }) {
  if (ids.length === 0) return null;
  return (
    <div className={styles.labels}>
      <h3>{title}</h3>
      <Gallery ids={ids} />
    </div>
  );
}
