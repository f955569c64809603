/** Auto-label: how much may the model label alone under a promise, and does the promise hold? */
import { Skeleton } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useState } from "react";
import { facetsQuery, homeQuery, projectQuery, sessionQuery } from "../api/queries";
import { type Home, isOneClass, mayManage, type ProjectInfo } from "../api/types";
import { DIFFICULTIES } from "../catalog/search";
import { NextStep } from "../home/NextStep";
import { JobProgress } from "../jobs/JobRow";
import { jobProblem } from "../jobs/useRoundJobs";
import { fetched } from "../parts/fetched";
import { Empty, ErrorNotice, Notice, NotYours } from "../parts/Notices";
import { useAtOnce } from "../parts/useAtOnce";
import { AskForm } from "./AskForm";
import type { AutoLabelSearch } from "./autoLabelSearch";
import styles from "./autolabel.module.css";
import { ChecksCard } from "./ChecksCard";
import { ClassShares } from "./ClassShares";
import { DifficultyCard } from "./DifficultyCard";
import { NextAction } from "./NextAction";
import { FEWEST, isOpen, PLAIN, sentenceOf, unknownErrors } from "./promise";
import { proposalQuery, setsQuery } from "./queries";
import { AUDIT, SetsCard } from "./SetsCard";
import { useAutoActions, useAutoJobs, useFollow } from "./useAutoJobs";
import { useAutoKeys } from "./useAutoKeys";

const CoverageCard = lazy(() => fetched(import("./CoverageCard")));

export function AutoLabelPage() {
  const me = useQuery(sessionQuery).data;
  if (!me) return null;
  if (!mayManage(me)) return <NotYours page="Auto-label" needed="manager" role={me.role} />;
  return <Gate />;
}

/** What has to be there first: answers that are right or wrong, and a model whose errors are known. */
function Gate() {
  const home = useQuery(homeQuery);
  const project = useQuery(projectQuery);
  const facets = useQuery(facetsQuery({}));
  const failure = home.error ?? project.error ?? facets.error;
  if (failure && !(home.data && project.data && facets.data))
    return (
      <div className={styles.page}>
        <ErrorNotice error={failure} />
      </div>
    );
  if (!home.data || !project.data || !facets.data) return <Waiting />;
  const rated = DIFFICULTIES.some((word) => facets.data.difficulty[word]);
  const predicts = rated || facets.data.confidence.some((bar) => bar > 0);
  if (canBePromised(project.data) && !predicts && home.data.curve.active.length > 0)
    return <ErrorsUnknown home={home.data} project={project.data} />;
  if (!canBePromised(project.data) || !predicts)
    return <NothingYet home={home.data} project={project.data} />;
  return <AutoLabels home={home.data} project={project.data} />;
}

function canBePromised(project: ProjectInfo): boolean {
  return project.task !== "regression" && project.task !== "polygons";
}

function NothingYet({ home, project }: { home: Home; project: ProjectInfo }) {
  const possible = canBePromised(project);
  return (
    <Empty
      title={possible ? "A model has to learn first" : "No error rate can be promised"}
      icon={<IconScale size={24} />}
      action={
        <div className={styles.start}>
          <NextStep home={home} project={project} />
          {isOneClass(project) && (
            <p className={styles.before}>
              Until then <Link to="/guesses">first guesses</Link> can stand as suggestions.
            </p>
          )}
        </div>
      }
    >
      {possible
        ? "Auto-labels rest on a model, and on labels of people drawn at random that check it. The first round brings both: its audit set and its control arm are the first checks."
        : "Numbers and polygons are never simply right or wrong. What a model says of an asset waits as a suggestion where it is labelled."}
    </Empty>
  );
}

/** A model has learned, and too few labels tell how often it is wrong: more are asked for here. */
function ErrorsUnknown({ home, project }: { home: Home; project: ProjectInfo }) {
  const [mine, setMine] = useState<string | null>(null);
  const { running, failed } = useAutoJobs(mine);
  const { ask } = useAutoActions(setMine);
  const missing = FEWEST - home.held_out;
  return (
    <Empty
      title="How often the model is wrong is not known yet"
      icon={<IconScale size={24} />}
      action={
        <div className={styles.start}>
          {running ? (
            <JobProgress job={running} />
          ) : missing > 0 && home.open_tasks === 0 ? (
            <AskForm ask={ask} promise={PLAIN.promise} suggested={missing} busy={false} primary />
          ) : (
            <NextStep home={home} project={project} />
          )}
          {failed && <Notice {...jobProblem(failed)} />}
        </div>
      }
    >
      {unknownErrors(home.held_out, home.open_tasks)}
    </Empty>
  );
}

function AutoLabels({ home, project }: { home: Home; project: ProjectInfo }) {
  const search = useSearch({ from: "/auto-label" });
  const navigate = useNavigate({ from: "/auto-label" });
  const [mine, setMine] = useState<string | null>(null);
  const [ending, setEnding] = useState<string | null>(null);
  const sets = useQuery(setsQuery);
  const { running, failed, newest, askedAt } = useAutoJobs(mine);
  const shown = search.proposal ?? newest;
  const known = useQuery({ ...proposalQuery(shown ?? ""), enabled: shown !== undefined });
  const difficulty = useQuery(facetsQuery({ state: "unlabeled" })).data?.difficulty;
  const actions = useAutoActions(setMine);
  const change = useCallback(
    (part: AutoLabelSearch) =>
      void navigate({
        search: (old) => ({ ...old, ...part }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const show = useCallback(
    (proposal: string) => void navigate({ search: { proposal }, resetScroll: false }),
    [navigate],
  );
  useFollow(mine, show);

  const proposal = shown === undefined ? undefined : known.data;
  const certificate = proposal?.certificate;
  const [wished, wish] = useAtOnce(
    search.promise,
    useCallback((rate: number | undefined) => change({ promise: rate }), [change]),
  );
  const promise = wished ?? certificate?.max_error ?? PLAIN.promise;
  const sure = search.sure ?? certificate?.confidence ?? PLAIN.sure;
  const matches = certificate?.max_error === promise && certificate.confidence === sure;
  const outdated = Boolean(
    proposal && askedAt && Date.parse(askedAt) > Date.parse(proposal.created_at),
  );
  const standing = { proposal, sets: sets.data ?? [], outdated, open: home.open_tasks };
  const busy = running !== null;
  const workOut = () => actions.propose.mutate({ max_error: promise, confidence: sure });
  const accept =
    proposal && matches && isOpen(standing) ? () => actions.accept.mutate(proposal.id) : undefined;
  const stands = standing.sets.filter((set) => set.rolled_back_at === null);
  const last = stands.find((set) => set.broken) ?? stands.at(-1);
  useAutoKeys({
    p: busy ? undefined : workOut,
    a: busy ? undefined : accept,
    u: last && (() => actions.audit.mutate(AUDIT)),
    r: last && (() => setEnding(last.id)),
  });

  const loading = sets.data === undefined || (shown !== undefined && known.isLoading);
  const failure = sets.error ?? (shown === undefined ? null : known.error);
  return (
    <div className={styles.page}>
      <header className={styles.lead}>
        <h1 className={styles.sentence}>
          {loading && !failure ? (
            <Skeleton component="span" display="block" height={28} width={420} />
          ) : (
            sentenceOf(standing)
          )}
        </h1>
        <NextAction
          running={running}
          proposal={proposal}
          promise={promise}
          matches={matches}
          waiting={outdated ? home.open_tasks : 0}
          calm={matches && stands.length > 0}
          actions={actions}
          workOut={workOut}
          accept={accept}
        />
      </header>
      {failure && (
        <div className={styles.notice}>
          <ErrorNotice error={failure} />
        </div>
      )}
      {failed && (
        <div className={styles.notice}>
          <Notice {...jobProblem(failed)} />
        </div>
      )}
      <div className={styles.columns}>
        <div className={styles.main}>
          <Suspense fallback={<Skeleton height={400} radius="lg" />}>
            <CoverageCard {...{ proposal, promise, sure, change }} move={wish} />
          </Suspense>
          {proposal && <ClassShares proposal={proposal} oneClass={isOneClass(project)} />}
        </div>
        <aside className={styles.side} aria-label="Sets, checks and difficulty">
          <SetsCard
            sets={standing.sets}
            actions={actions}
            keyed={last?.id}
            ending={ending}
            end={setEnding}
          />
          {proposal && (
            <ChecksCard
              proposal={proposal}
              ask={actions.ask}
              promise={promise}
              open={home.open_tasks}
              busy={busy}
            />
          )}
          {difficulty && <DifficultyCard counts={difficulty} />}
        </aside>
      </div>
    </div>
  );
}

function Waiting() {
  return (
    <div className={styles.page} aria-hidden="true">
      <div className={styles.lead}>
        <Skeleton height={28} width="80%" />
      </div>
      <Skeleton height={400} radius="lg" />
    </div>
  );
}
