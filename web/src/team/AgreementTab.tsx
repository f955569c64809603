/** How far people agree beyond chance: figures for all, one for every two, and where they differ. */
import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Agreement, Opinion } from "../api/types";
import { count, plural } from "../parts/format";
import { Empty } from "../parts/Notices";
import { valueText } from "../parts/valueText";
import { says } from "../review/sameAnswer";
import { AssetStrip } from "./AssetStrip";
import { agreementQuery, saidQuery } from "./queries";
import { SwayCard } from "./SwayCard";
import type { ChangeTeam } from "./TeamPage";
import styles from "./team.module.css";
import type { TeamSearch } from "./teamSearch";

type Props = { search: TeamSearch; change: ChangeTeam };

export function AgreementTab({ search, change }: Props) {
  const agreement = useQuery(agreementQuery).data;
  if (!agreement) return <Skeleton height={320} radius="lg" />;
  if (agreement.assets === 0)
    return (
      <>
        <section className={styles.card} aria-label="Agreement">
          <Empty
            title="Nothing was asked of two people yet"
            action={
              <Button
                variant="default"
                renderRoot={(props) => <Link {...props} to="/settings/labeling" />}
              >
                Ask several people
              </Button>
            }
          >
            A share of each batch can go to several people, none of whom sees the answers of the
            others.
          </Empty>
        </section>
        <SwayCard />
      </>
    );
  const { person, with: other } = search;
  const { distance, shapes } = agreement;
  return (
    <>
      <div className={styles.figures}>
        <Figure
          name="Krippendorff's α"
          value={agreement.alpha}
          say={`1 is perfect, 0 is what chance brings; 0.8 and above is good enough to train on.${distance ? DISTANCES[distance] : ""}`}
        />
        {distance === "nominal" && (
          <Figure
            name="Fleiss' κ"
            value={agreement.fleiss}
            say="The same question asked in another way; close to α where all assets have as many opinions."
          />
        )}
        {shapes && (
          <>
            <Figure
              name="Mean IoU"
              value={shapes.iou}
              say="Of two matched shapes, what both cover of what either covers; 1 is the same shape."
            />
            <Figure
              name="F1"
              value={shapes.f1}
              say="Of all shapes of two people, those that are the same: half in common, or the same ends of a span."
            />
          </>
        )}
        <div className={styles.figure}>
          <h2>Measured on</h2>
          <Link to="/team" search={{ tab: "disputes" }} className={styles.big}>
            {count(agreement.assets)}
          </Link>
          <p>
            {agreement.assets === 1 ? "asset" : "assets"} with{" "}
            {plural(agreement.opinions, "opinion")} that give a label
          </p>
        </div>
      </div>
      <section className={styles.card} aria-labelledby="matrix">
        <h2 id="matrix">Every two of them: {pairFigure(agreement)}</h2>
        <p className={styles.hint}>Choose a pair to see where they differ.</p>
        <Matrix agreement={agreement} search={search} change={change} />
      </section>
      {person && other && <Differences one={person} other={other} />}
      <SwayCard />
    </>
  );
}

/** What α takes for the distance of two answers, where it is not simply whether they differ. */
const DISTANCES: Record<NonNullable<Agreement["distance"]>, string> = {
  nominal: "",
  masi: " Sets that share classes are near each other (MASI distance).",
  interval: " The distance of two numbers is their squared difference.",
  overlap: " The more of their shapes both cover, the nearer are two answers.",
};

function pairFigure({ distance }: Agreement): string {
  if (distance === "overlap") return "F1";
  return distance === "nominal" ? "Cohen's κ" : "Krippendorff's α";
}

type Pair = { first: string; second: string; assets: number; value: number };

/** Every two people with an asset in common, by the figure that fits what they answered. */
function pairsOf({ pairs, shapes }: Agreement): Pair[] {
  if (shapes) return shapes.pairs.map((pair) => ({ ...pair, value: pair.f1 }));
  return pairs.map((pair) => ({ ...pair, value: pair.kappa ?? pair.alpha ?? 0 }));
}

function Figure({ name, value, say }: { name: string; value: number | null; say: string }) {
  return (
    <div className={styles.figure}>
      <h2>{name}</h2>
      <span className={styles.big}>{value === null ? "–" : value.toFixed(2)}</span>
      <p>{say}</p>
    </div>
  );
}

type MatrixProps = Props & { agreement: Agreement };

function Matrix({ agreement, search, change }: MatrixProps) {
  const told = pairsOf(agreement);
  const names = [...new Set(told.flatMap(({ first, second }) => [first, second]))].sort();
  const pairs = new Map(
    told.flatMap((pair) => [
      [`${pair.first} ${pair.second}`, pair] as const,
      [`${pair.second} ${pair.first}`, pair] as const,
    ]),
  );
  return (
    <div className={styles.scroll}>
      <table className={styles.matrix}>
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((one) => (
            <tr key={one}>
              <th scope="row">{one}</th>
              {names.map((other) => {
                const pair = pairs.get(`${one} ${other}`);
                if (!pair) return <td key={other}>{one === other ? "" : "–"}</td>;
                const isOpen = search.person === one && search.with === other;
                return (
                  <td key={other}>
                    <button
                      type="button"
                      aria-pressed={isOpen}
                      style={{ "--heat": Math.max(0, pair.value) } as React.CSSProperties}
                      onClick={() => change({ person: one, with: other })}
                    >
                      <span className="visually-hidden">
                        {one} and {other}:{" "}
                      </span>
                      {pair.value.toFixed(2)} <small>{count(pair.assets)}</small>
                      <span className="visually-hidden"> assets</span>
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Differences({ one, other }: { one: string; other: string }) {
  const first = useQuery(saidQuery(one)).data;
  const second = useQuery(saidQuery(other)).data;
  if (!first || !second) return <Skeleton height={120} radius="lg" />;
  const left = lastWords(first);
  const right = lastWords(second);
  const shared = [...left].filter(([id]) => right.has(id));
  const differ = shared.filter(([id, said]) => !says(said.value, right.get(id)?.value ?? null));
  return (
    <section className={styles.card} aria-labelledby="differences">
      <h2 id="differences">
        {one} and {other} differ on {count(differ.length)} of {plural(shared.length, "asset")}
      </h2>
      <AssetStrip
        ids={differ.slice(0, 60).map(([id]) => id)}
        say={(id) => (
          <>
            {sayOf(left.get(id))} <span>/</span> {sayOf(right.get(id))}
          </>
        )}
      />
    </section>
  );
}

function sayOf(said: Opinion | undefined): string {
  return valueText(said?.value) ?? (said?.action === "skip" ? "skipped" : "cannot tell");
}

/** What stands of what one person said; gold questions are no opinions. */
function lastWords(said: readonly Opinion[]): Map<string, Opinion> {
  const last = new Map<string, Opinion>();
  for (const opinion of said) {
    if (opinion.gold) continue;
    if (opinion.action === "undo") last.delete(opinion.asset_id);
    else last.set(opinion.asset_id, opinion);
  }
  return last;
}
