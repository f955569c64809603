/** The rounds so far, newest first: what each chose, what it brought, what it taught. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { roundsQuery, sessionQuery } from "../api/queries";
import type { CurvePoint, RoundSummary } from "../api/types";
import { EstimateText } from "../parts/EstimateText";
import { ago, percent, plural, points, stepName, words } from "../parts/format";
import styles from "./home.module.css";

type Props = { rounds: RoundSummary[]; control: CurvePoint[] };

export function RoundTimeline({ rounds, control }: Props) {
  const random = new Map(control.map((point) => [point.round, point]));
  // Who is asked gold questions may not read what a round chose; its number says enough then.
  const sees = useQuery(sessionQuery).data?.veiled === false;
  const details = useQuery({ ...roundsQuery, enabled: sees }).data;
  const lessons = new Map(details?.map((round) => [round.number, round.findings[0]?.title]));
  const newest = [...rounds].sort((a, b) => b.number - a.number);
  return (
    <section className={styles.card} aria-labelledby="timeline-title">
      <h2 id="timeline-title">Rounds</h2>
      <ol className={styles.timeline}>
        {newest.map((round, index) => (
          <TimelineRow
            key={round.number}
            round={round}
            before={newest[index + 1]}
            lesson={lessons.get(round.number)}
            control={random.get(round.number)}
            opens={sees}
          />
        ))}
      </ol>
    </section>
  );
}

type RowProps = {
  round: RoundSummary;
  before: RoundSummary | undefined;
  lesson: string | undefined;
  control: CurvePoint | undefined;
  opens: boolean;
};

function TimelineRow({ round, before, lesson, control, opens }: RowProps) {
  const gain =
    round.accuracy && before?.accuracy ? round.accuracy.value - before.accuracy.value : null;
  const line = (
    <>
      <span className={styles.roundNumber} data-open={round.step !== "done" || undefined}>
        {round.number}
      </span>
      <span className={styles.roundWords}>
        <span>{whatItDid(round)}</span>
        <span className={styles.hint}>{noteOf(round, lesson)}</span>
      </span>
      <span className={styles.roundResult}>
        {round.step === "done" ? (
          <EstimateText of={round.accuracy} />
        ) : (
          <em>{stepName(round.step)}</em>
        )}
        <span className={styles.hint}>
          {[gain === null ? null : `${points(gain)} points`, againstRandom(control)]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
    </>
  );
  return (
    <li>
      {opens ? (
        <Link
          to="/rounds/$number"
          params={{ number: String(round.number) }}
          className={styles.timelineRow}
        >
          {line}
        </Link>
      ) : (
        <div className={styles.timelineRow}>{line}</div>
      )}
    </li>
  );
}

/** "50 assets by margin, 150 labels in all". */
function whatItDid(round: RoundSummary): string {
  const strategy = words(round.strategy ?? "random").toLowerCase();
  const chosen =
    round.drawn === null ? "Being planned" : `${plural(round.drawn, "asset")} by ${strategy}`;
  return round.labels === null ? chosen : `${chosen}, ${plural(round.labels, "label")} in all`;
}

/** Random has fewer labels than the active arm; its accuracy says nothing without their number. */
function againstRandom(control: CurvePoint | undefined): string | null {
  if (!control) return null;
  return `random ${percent(control.accuracy.value)} from ${plural(control.labels, "label")}`;
}

/** What the round taught, and when. */
function noteOf(round: RoundSummary, lesson: string | undefined): string {
  const more = round.findings > 1 ? `and ${plural(round.findings - 1, "more finding")}` : "";
  return [lesson, lesson && more, ago(round.finished_at ?? round.started_at)]
    .filter(Boolean)
    .join(" · ");
}
