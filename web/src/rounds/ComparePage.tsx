/** Two models side by side: is the second better, where, and which assets turned? */
import { ActionIcon, NativeSelect, Skeleton, Tooltip } from "@mantine/core";
import { IconArrowsDiff, IconArrowsExchange } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import { type ComparedModel, mayBrowse, type ProjectInfo } from "../api/types";
import { rightWords } from "../diagnostics/slices";
import { Underway } from "../jobs/Underway";
import { plural } from "../parts/format";
import { Key } from "../parts/Key";
import { Empty, ErrorNotice, NotYours } from "../parts/Notices";
import { BothDrawer } from "./BothDrawer";
import styles from "./compare.module.css";
import { comparisonQuery, modelsQuery } from "./compareQueries";
import type { ChangeCompare, CompareSearch } from "./compareSearch";
import { compareSentence, rightnessOf, usual } from "./compareWords";
import { MeasuresCard, PartsCard } from "./MeasuresCard";
import { ReliabilityCard } from "./ReliabilityCard";
import { ThresholdCard } from "./ThresholdCard";
import { TurnedCard } from "./TurnedCard";
import { useCompareKeys } from "./useCompareKeys";

/** What is found of a class, where an asset may hold several; beside it the assets that do. */
const FOUND: Partial<Record<ProjectInfo["task"], string>> = {
  boxes: "Boxes of the class that the model finds, and how many audit assets have one",
  spans: "Spans of the class that the model finds, and how many audit assets have one",
};
const SURE: ReadonlySet<ProjectInfo["task"]> = new Set(["classification", "boxes", "spans"]);
const HALF = 0.5;

export function ComparePage() {
  const me = useQuery(sessionQuery).data;
  if (!me) return null;
  if (!mayBrowse(me)) return <NotYours page="Compare" needed="reviewer" role={me.role} />;
  return <Compare />;
}

function Compare() {
  const search = useSearch({ from: "/rounds/compare" });
  const navigate = useNavigate({ from: "/rounds/compare" });
  const models = useQuery(modelsQuery);
  const project = useQuery(projectQuery).data;
  const change = useCallback<ChangeCompare>(
    (part) =>
      void navigate({
        search: (old) => ({ ...old, ...part }) as CompareSearch,
        replace: !("first" in part || "second" in part),
        resetScroll: false,
      }),
    [navigate],
  );
  if (models.error && !models.data) return <ErrorNotice error={models.error} />;
  if (!models.data || !project) return <Waiting />;
  const chosen = usual(models.data);
  if (!chosen)
    return (
      <Empty
        title="No model to compare yet"
        icon={<IconArrowsDiff size={24} />}
        action={
          <Link className={styles.link} to="/">
            Go to Home
          </Link>
        }
      >
        When the labels of a round are in, a model is trained. Two rounds, or a round and its random
        labels, can then be compared here, asset by asset.
      </Empty>
    );
  const first = search.first ?? chosen.first;
  const second = search.second ?? chosen.second;
  return (
    <Both
      first={first}
      second={second}
      models={models.data}
      task={project.task}
      search={search}
      change={change}
    />
  );
}

type BothProps = {
  first: string;
  second: string;
  models: readonly ComparedModel[];
  task: ProjectInfo["task"];
  search: CompareSearch;
  change: ChangeCompare;
};

function Both({ first, second, models, task, search, change }: BothProps) {
  const { data, error } = useQuery(comparisonQuery(first, second));
  const swap = useCallback(
    () => change({ first: second, second: first, gallery: undefined, asset: undefined }),
    [change, first, second],
  );
  useCompareKeys(search, change, swap);
  return (
    <div className={styles.frame}>
      <div className={styles.scroll}>
        <div className={styles.page}>
          <nav className={styles.pager} aria-label="Rounds">
            <Link to="/rounds">All rounds</Link>
          </nav>
          <div className={styles.choice}>
            <Choice
              label="Compare"
              value={second}
              models={models}
              choose={(name) => change({ second: name, asset: undefined })}
            />
            <Tooltip
              label={
                <span>
                  The other way round <Key of="X" />
                </span>
              }
            >
              <ActionIcon
                variant="default"
                size={30}
                aria-label="The other way round"
                onClick={swap}
              >
                <IconArrowsExchange size={16} />
              </ActionIcon>
            </Tooltip>
            <Choice
              label="with"
              value={first}
              models={models}
              choose={(name) => change({ first: name, asset: undefined })}
            />
          </div>
          <Underway />
          {error && !data ? (
            <ErrorNotice error={error} />
          ) : !data ? (
            <Skeleton height={320} radius="lg" />
          ) : (
            <>
              <h1 className={styles.sentence}>{compareSentence(data)}</h1>
              <TurnedCard found={data} search={search} change={change} />
              <MeasuresCard found={data} />
              <PartsCard
                title="Found, by class"
                hint={`${FOUND[task] ?? "Audit assets of the class that the model gets right"}, the largest change first.`}
                parts={data.classes}
                found={data}
              />
              <PartsCard
                title={`${rightWords(rightnessOf(task))}, by slice`}
                hint={SLICES}
                parts={data.slices ?? []}
                found={data}
              />
              {SURE.has(task) && (
                <>
                  <ThresholdCard model={second} search={search} change={change} />
                  <ReliabilityCard model={second} />
                </>
              )}
            </>
          )}
        </div>
      </div>
      {search.asset !== undefined && data && (
        <BothDrawer
          id={search.asset}
          found={data}
          confidence={task === "classification" ? 0 : (search.confidence ?? HALF)}
          close={() => change({ asset: undefined })}
        />
      )}
    </div>
  );
}

const SLICES =
  "Saved slices, and those that the diagnosis of either round found weak: where it looked for them with the same labels, what got better is partly chance.";

type ChoiceProps = {
  label: string;
  value: string;
  models: readonly ComparedModel[];
  choose: (name: string) => void;
};

function Choice({ label, value, models, choose }: ChoiceProps) {
  const data = models.map(({ name, title, labels }) => ({
    value: name,
    label: /^\d/.test(name) ? `${title} (${plural(labels, "label")})` : title,
  }));
  if (!models.some(({ name }) => name === value)) data.push({ value, label: value });
  return (
    <NativeSelect
      size="xs"
      label={label}
      value={value}
      data={data}
      onChange={(event) => choose(event.currentTarget.value)}
      classNames={{ root: styles.select, label: styles.selectLabel }}
    />
  );
}

function Waiting() {
  return (
    <div className={styles.page}>
      <Skeleton height={28} width={420} mb={24} />
      <Skeleton height={320} radius="lg" />
    </div>
  );
}
