/** How often a model is right beside how sure it is: as it claims, and after calibration. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Reliability, ReliabilityPoint } from "../api/types";
import { count, estimate, percent } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import styles from "./compare.module.css";
import { reliabilityQuery } from "./compareQueries";
import { calibrationSentence, isCalibrated } from "./compareWords";
import diagrams from "./reliability.module.css";

const SIDE = 240;
const DOT = 3.5;
const TICKS = [0, 0.5, 1];

export function ReliabilityCard({ model }: { model: string }) {
  const { data, error } = useQuery(reliabilityQuery(model));
  if (error && !data) return <ErrorNotice error={error} />;
  if (!data) return <Skeleton height={320} radius="lg" />;
  const { diagram } = data;
  return (
    <section className={styles.card} aria-labelledby="reliability" data-testid="reliability">
      <h2 id="reliability">{data.model.title}: what its confidence is worth</h2>
      <p className={styles.hint}>
        {count(diagram.count)} answers on {count(data.assets)} audit assets, in groups of about
        equal confidence. On the diagonal as many are right as are claimed.
      </p>
      <div className={styles.atOnce}>
        <Diagram
          title="As it claims"
          error={diagram.claimed_error}
          points={diagram.claimed}
          shade="claimed"
        />
        {isCalibrated(diagram) && (
          <Diagram
            title="Calibrated"
            error={diagram.calibrated_error}
            points={diagram.calibrated}
            shade="calibrated"
          />
        )}
      </div>
      <p className={styles.hint}>{calibrationSentence(diagram)}</p>
    </section>
  );
}

type DiagramProps = {
  title: string;
  error: Reliability["calibrated_error"];
  points: Reliability["claimed"];
  shade: "claimed" | "calibrated";
};

function Diagram({ title, error, points, shade }: DiagramProps) {
  return (
    <figure className={diagrams.diagram}>
      <figcaption>
        {title} {error && <small>calibration error {estimate(error)}</small>}
      </figcaption>
      <svg
        viewBox={`-32 -8 ${SIDE + 56} ${SIDE + 40}`}
        role="img"
        aria-label={`${title}: share that is right over confidence`}
        data-shade={shade}
      >
        <rect x={0} y={0} width={SIDE} height={SIDE} />
        <line data-diagonal x1={0} y1={SIDE} x2={SIDE} y2={0} />
        {TICKS.map((at) => (
          <g key={at}>
            <text x={at * SIDE} y={SIDE + 16} textAnchor="middle">
              {percent(at, 0)}
            </text>
            <text x={-6} y={(1 - at) * SIDE + 4} textAnchor="end">
              {percent(at, 0).replace(/\D+$/, "")}
            </text>
          </g>
        ))}
        <text x={SIDE / 2} y={SIDE + 30} textAnchor="middle">
          confidence
        </text>
        {points.map((point, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: groups may claim the same, in their order
          <Point key={place} point={point} />
        ))}
      </svg>
    </figure>
  );
}

/** The share of a group that is right, with its interval. */
function Point({ point }: { point: ReliabilityPoint }) {
  const x = point.claimed * SIDE;
  const y = (share: number) => (1 - share) * SIDE;
  return (
    <g>
      <title>
        {`Claims ${percent(point.claimed, 0)}: ${percent(point.right.value, 0)} of ${count(point.right.count)} right`}
      </title>
      <line x1={x} x2={x} y1={y(point.right.low)} y2={y(point.right.high)} />
      <circle cx={x} cy={y(point.right.value)} r={DOT} />
    </g>
  );
}
