/** One model if only its sure answers count: what is left, how right it is, class by class. */
import { Skeleton, Slider } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Thresholds } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, percent } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { useAtOnce } from "../parts/useAtOnce";
import styles from "./compare.module.css";
import { thresholdsQuery } from "./compareQueries";
import { type ChangeCompare, type CompareSearch, FATES } from "./compareSearch";
import { FateGallery } from "./FateGallery";

const HALF = 0.5;
const MOST = 24;
const WIDTH = 320;
const HEIGHT = 96;

type Props = { model: string; search: CompareSearch; change: ChangeCompare };

export function ThresholdCard({ model, search, change }: Props) {
  const confidence = search.confidence ?? HALF;
  const overlap = search.overlap ?? HALF;
  const asked = useQuery(thresholdsQuery(model, confidence, overlap));
  const { data, error, isPlaceholderData: isOld } = asked;
  if (error && !data) return <ErrorNotice error={error} />;
  if (!data) return <Skeleton height={240} radius="lg" />;
  const isBoxes = data.overlap !== null;
  return (
    <section className={styles.card} aria-labelledby="thresholds" data-testid="thresholds">
      <h2 id="thresholds">{data.model.title}: if only sure answers count</h2>
      <p className={styles.hint}>
        On the {count(data.count)} audit assets. Whatever the model is less sure of counts as not
        said.
      </p>
      <div className={styles.sliders}>
        <Threshold
          name="Confidence"
          value={confidence}
          done={(value) => change({ confidence: value })}
        />
        {isBoxes && (
          <Threshold
            name="Overlap (IoU)"
            value={overlap}
            min={0.05}
            max={0.95}
            step={0.05}
            done={(value) => change({ overlap: value })}
          />
        )}
      </div>
      <div className={styles.atOnce} aria-busy={isOld}>
        <dl className={styles.facts}>
          <Share name="Answers left" of={data.kept} />
          <Share name={isBoxes ? "Precision" : "Right of these"} of={data.precision} />
          <Share name="Found of all" of={data.recall} />
          {data.average_precision !== null && data.average_precision !== undefined && (
            <div>
              <dt>Mean AP at {percent(overlap, 0)} overlap</dt>
              <dd>{percent(data.average_precision)}</dd>
            </div>
          )}
        </dl>
        <Curve told={data} at={confidence} />
      </div>
      <ByClass told={data} isOld={isOld} search={search} change={change} />
      {isBoxes && search.of !== undefined && search.fate && (
        <FateGallery
          at={{ model, confidence, overlap }}
          of={search.of}
          fate={search.fate}
          search={search}
        />
      )}
    </section>
  );
}

type ThresholdProps = {
  name: string;
  value: number;
  min?: number;
  max?: number;
  step?: number;
  done: (value: number) => void;
};

/** A slider that tells where it stands while it moves, and is asked about when it rests. */
function Threshold({ name, value, min = 0, max = 1, step = 0.01, done }: ThresholdProps) {
  const [rested, rest] = useAtOnce(value, done);
  const [moving, setMoving] = useState(rested);
  useEffect(() => setMoving(rested), [rested]);
  return (
    <div className={styles.slider}>
      <span>
        {name} <strong>{percent(moving, 0)}</strong>
      </span>
      <Slider
        thumbLabel={name}
        min={min}
        max={max}
        step={step}
        value={moving}
        label={null}
        onChange={setMoving}
        onChangeEnd={(end) => rest(Math.round(end * 100) / 100)}
      />
    </div>
  );
}

function Share({ name, of }: { name: string; of: Thresholds["kept"] }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {of ? percent(of.value) : "–"}
        {of && (
          <small>
            {" "}
            {percent(of.low, 0).replace(/\D+$/, "")}–{percent(of.high, 0)} of {count(of.count)}
          </small>
        )}
      </dd>
    </div>
  );
}

/** Precision and recall over confidence, named at their lines; the chosen confidence is marked. */
function Curve({ told, at }: { told: Thresholds; at: number }) {
  const line = (share: "precision" | "recall") =>
    told.curve
      .filter((point) => point[share] !== null)
      .map((point) => `${point.confidence * WIDTH},${(1 - (point[share] ?? 0)) * HEIGHT}`)
      .join(" ");
  const last = (share: "precision" | "recall") =>
    told.curve.findLast((point) => point[share] !== null)?.[share] ?? 0;
  const shares = [
    ["precision", told.overlap === null ? "right" : "precision"],
    ["recall", "found"],
  ] as const;
  const ends = shares.map(([share]) => (1 - last(share)) * HEIGHT);
  const isClose = Math.abs((ends[0] ?? 0) - (ends[1] ?? 0)) < 14;
  return (
    <svg
      className={styles.curve}
      viewBox={`-2 -8 ${WIDTH + 72} ${HEIGHT + 16}`}
      role="img"
      aria-label="Shares that are right and that are found, over confidence"
    >
      <rect x={0} y={0} width={WIDTH} height={HEIGHT} />
      <line x1={at * WIDTH} x2={at * WIDTH} y1={-4} y2={HEIGHT + 4} />
      {shares.map(([share, name], row) => (
        <g key={share} data-share={share}>
          <polyline points={line(share)} />
          <text x={WIDTH + 6} y={(ends[row] ?? 0) + 4 + (isClose && row === 1 ? 14 : 0)}>
            {name}
          </text>
        </g>
      ))}
    </svg>
  );
}

type ByClassProps = Omit<Props, "model"> & { told: Thresholds; isOld: boolean };

function ByClass({ told, isOld, search, change }: ByClassProps) {
  const isBoxes = told.overlap !== null;
  const shown = [...told.classes]
    .sort((a, b) => (a.recall?.value ?? 2) - (b.recall?.value ?? 2))
    .slice(0, MOST);
  const heads = isBoxes
    ? ["There", "Found", "Precision", "AP", "Matched", "Missed", "Confused", "Spurious"]
    : ["There", "Said", "Right of these", "Found"];
  return (
    <div className={styles.tableFrame} aria-busy={isOld}>
      <table className={styles.table} data-narrow>
        <thead>
          <tr>
            <th scope="col">Class, least found first</th>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => {
            const cells = isBoxes
              ? [
                  count(one.count),
                  share(one.recall),
                  share(one.precision),
                  one.average_precision == null ? "–" : percent(one.average_precision, 0),
                  ...FATES.map((fate) => (
                    <Fated
                      key={fate}
                      n={one[fate] ?? 0}
                      words={`${one.name} ${fate}`}
                      isOpen={search.of === one.name && search.fate === fate}
                      open={(opens) =>
                        change({ of: opens ? one.name : undefined, fate: opens ? fate : undefined })
                      }
                    />
                  )),
                ]
              : [count(one.count), count(one.said), share(one.precision), share(one.recall)];
            return (
              <tr key={one.name}>
                <th scope="row">
                  <ClassChip name={one.name} />
                </th>
                {cells.map((cell, at) => (
                  <td key={heads[at]}>{cell}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {told.classes.length > shown.length && (
        <p className={styles.hint}>
          {count(told.classes.length - shown.length)} further classes are left out.
        </p>
      )}
      {isBoxes && (
        <p className={styles.hint}>
          Missed: seen by no box that is left. Confused: taken for another class. Spurious: said
          where nothing is, or twice.
        </p>
      )}
    </div>
  );
}

type FatedProps = { n: number; words: string; isOpen: boolean; open: (opens: boolean) => void };

/** A number of boxes that opens the assets which hold them. */
function Fated({ n, words, isOpen, open }: FatedProps) {
  if (n === 0 && !isOpen) return count(n);
  return (
    <button
      type="button"
      className={styles.fate}
      aria-expanded={isOpen}
      aria-label={`${count(n)} ${words}`}
      onClick={() => open(!isOpen)}
    >
      {count(n)}
    </button>
  );
}

/** "84 % (78–89)". */
function share(of: Thresholds["kept"]): React.ReactNode {
  if (!of) return "–";
  return (
    <>
      {percent(of.value, 0)}{" "}
      <small>
        {percent(of.low, 0).replace(/\D+$/, "")}–{percent(of.high, 0).replace(/\D+$/, "")}
      </small>
    </>
  );
}
