/** How far pre-labels sway people: answers with the suggestion beside answers without it, and what it means. */
import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { changePolicy } from "../api/actions";
import { policyQuery } from "../api/queries";
import type { Estimate, Sway } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import { count, percent, plural, points } from "../parts/format";
import { swayQuery } from "./queries";
import { Range } from "./Range";
import { placeOf, spanOf, verdictOf } from "./sway";
import styles from "./sway.module.css";
import team from "./team.module.css";

const SHARE = 0.1;

export function SwayCard() {
  const sway = useQuery(swayQuery).data;
  const policy = useQuery(policyQuery).data;
  return (
    <section className={team.card} aria-labelledby="sway">
      <h2 id="sway">Do suggestions sway people?</h2>
      {!sway || !policy ? (
        <Skeleton height={96} mt="sm" radius="md" />
      ) : (
        <>
          <Words sway={sway} share={policy.blind_share} />
          {sway.difference && sway.shown && sway.withheld && (
            <Figure difference={sway.difference} shown={sway.shown} withheld={sway.withheld} />
          )}
        </>
      )}
    </section>
  );
}

function Words({ sway, share }: { sway: Sway; share: number }) {
  const client = useQueryClient();
  const start = useMutation({
    mutationFn: () => changePolicy({ blind_share: SHARE }),
    onSuccess: (policy) => client.setQueryData(policyQuery.queryKey, policy),
    onError: showFailure,
  });
  const verdict = verdictOf(sway);
  const settings = (
    <Link to="/settings/labeling" className={team.link}>
      {percent(share, 0)} of the tasks
    </Link>
  );
  if (verdict === null && share === 0)
    return (
      <div className={styles.nothing}>
        <p>
          Nobody knows yet: each task shows what the model suggests. Let one in ten go out without
          it, and this says how many answers follow the model.
        </p>
        <Button loading={start.isPending} onClick={() => start.mutate()}>
          Withhold it in {percent(SHARE, 0)} of the tasks
        </Button>
      </div>
    );
  const seen = sway.shown?.count ?? 0;
  const blind = sway.withheld?.count ?? 0;
  return (
    <>
      {verdict && (
        <p className={styles.verdict} data-tone={verdict.tone}>
          {verdict.text}
        </p>
      )}
      <p className={team.hint}>
        {share > 0 ? (
          <>From the next batch on {settings} go out without the suggestion, drawn at random. </>
        ) : (
          <>Now every task shows the suggestion; {settings} are measured no more. </>
        )}
        {verdict === null &&
          `So far ${plural(seen, "first answer")} with it, ${count(blind)} without.`}
      </p>
    </>
  );
}

type FigureProps = { difference: Estimate; shown: Estimate; withheld: Estimate };

function Figure({ difference, shown, withheld }: FigureProps) {
  const span = spanOf(difference);
  const { value, low, high } = difference;
  return (
    <div className={styles.figure}>
      <table className={styles.sides}>
        <caption>Answers that equal the suggestion</caption>
        <tbody>
          <Side name="It is shown" of={shown} />
          <Side name="It is withheld" of={withheld} />
        </tbody>
      </table>
      <div className={styles.difference}>
        <p className={team.big}>
          {points(value)} <small>points</small>
        </p>
        <p className={styles.between}>
          95 % interval {points(low)} to {points(high)}
        </p>
        <div className={styles.line} aria-hidden="true">
          <span
            style={{
              left: `${placeOf(low, span)}%`,
              right: `${100 - placeOf(high, span)}%`,
            }}
          />
          <i style={{ left: `${placeOf(value, span)}%` }} />
          <b />
        </div>
        <p className={styles.ends} aria-hidden="true">
          <span>against the model</span>
          <span>0</span>
          <span>with the model</span>
        </p>
      </div>
    </div>
  );
}

function Side({ name, of }: { name: string; of: Estimate }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className={styles.share}>
        <Range of={of} />
      </td>
      <td>
        {percent(of.value)} <small>of {count(of.count)}</small>
      </td>
    </tr>
  );
}
