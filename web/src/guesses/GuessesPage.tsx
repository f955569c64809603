/** First guesses: what may the class of each asset be, before anybody has labelled? */
import { Button, Textarea } from "@mantine/core";
import { IconBulb, IconSparkles } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useRef } from "react";
import { homeQuery, projectQuery, sessionQuery } from "../api/queries";
import { type Home, isOneClass, type Job, mayManage, type ProjectInfo } from "../api/types";
import { ClassList } from "../classes/ClassList";
import { NextStep } from "../home/NextStep";
import { JobOutcome } from "../jobs/JobOutcome";
import { useKeymap } from "../keys/keyStore";
import { count, percent, plural } from "../parts/format";
import { Key } from "../parts/Key";
import { Empty, ErrorNotice, NotYours } from "../parts/Notices";
import { ExampleGrid } from "./ExampleGrid";
import styles from "./guesses.module.css";
import { type Guesses, useGuesses } from "./useGuesses";
import { useGuessKeys } from "./useGuessKeys";

export function GuessesPage() {
  const me = useQuery(sessionQuery).data;
  const home = useQuery(homeQuery);
  const project = useQuery(projectQuery);
  const failure = home.error ?? project.error;
  if (!me) return null;
  if (!mayManage(me)) return <NotYours page="First guesses" needed="manager" role={me.role} />;
  if (failure && !(home.data && project.data)) return <ErrorNotice error={failure} />;
  if (!home.data || !project.data) return null;
  const none = whyNot(home.data, project.data);
  if (none === null) return <Guessing home={home.data} project={project.data} />;
  return (
    <Empty
      title={none[0]}
      icon={<IconBulb size={24} />}
      action={
        project.data.asset_count > 0 ? (
          <NextStep home={home.data} project={project.data} />
        ) : (
          <Button component={Link} to="/">
            Add assets
          </Button>
        )
      }
    >
      {none[1]}
    </Empty>
  );
}

/** Why nothing can be guessed, in a title and a sentence; null where it can. */
function whyNot(home: Home, project: ProjectInfo): [string, string] | null {
  if (project.asset_count === 0)
    return ["There is nothing to guess yet", "The project has no assets."];
  if (!isOneClass(project))
    return ["First guesses are of one class each", "Labels of other kinds begin with people."];
  if (home.curve.active.length > 0)
    return [
      "A trained model knows more",
      "First guesses stand in until a model has learned from labels; there is one now.",
    ];
  return null;
}

function Guessing({ home, project }: { home: Home; project: ProjectInfo }) {
  const { sample = 0 } = useSearch({ from: "/guesses" });
  const navigate = useNavigate({ from: "/guesses" });
  const guesses = useGuesses(project, sample);
  const { job } = guesses.job;
  const others = useCallback(
    () => void navigate({ search: { sample: sample + 1 }, replace: true, resetScroll: false }),
    [navigate, sample],
  );
  const find = useRef<HTMLInputElement>(null);
  useGuessKeys(guesses, others, find);
  const done = job?.state === "done";
  return (
    <div className={styles.page}>
      <div className={styles.main}>
        <header className={styles.lead}>
          <h1 className={styles.sentence}>
            {done ? brought(job, project) : sentence(guesses, project)}
          </h1>
          <Button
            size="md"
            variant={done ? "default" : "filled"}
            leftSection={<IconSparkles size={18} />}
            rightSection={
              <span className={styles.keys}>
                <Key of="mod" /> <Key of="Enter" />
              </span>
            }
            loading={guesses.job.busy}
            disabled={!guesses.ready}
            onClick={guesses.guess}
          >
            {done ? "Guess again" : `Guess ${plural(project.asset_count, "asset")}`}
          </Button>
        </header>
        <div className={styles.outcome}>
          <JobOutcome of={guesses.job} title="They are suggestions and no labels">
            {() => (
              <div className={styles.next}>
                <p>
                  Whoever labels sees them, with how sure they are, until a model has learned from
                  labels. <Link to="/catalog">See them in the catalog</Link>
                </p>
                <NextStep home={home} project={project} />
              </div>
            )}
          </JobOutcome>
        </div>
        {guesses.reads && (
          <Textarea
            className={styles.words}
            label="What the classes mean"
            description="A line each, where the name alone says too little. What is not here is guessed by its name."
            placeholder={`${guesses.names[0] ?? "games"}: games, toys and puzzles`}
            autosize
            minRows={2}
            maxRows={8}
            spellCheck={false}
            value={guesses.text}
            error={guesses.words.problem}
            onChange={(event) => guesses.setText(event.currentTarget.value)}
          />
        )}
        <div className={styles.bar}>
          <p>
            {guesses.brush === null ? (
              "The project has no classes yet."
            ) : (
              <>
                Choose what shows <strong>{guesses.brush}</strong>, or press the key of a class on
                an asset.
              </>
            )}
          </p>
          <div className={styles.barButtons}>
            {Object.keys(guesses.examples).length > 0 && (
              <Button variant="subtle" color="gray" size="compact-sm" onClick={guesses.clear}>
                Take all back
              </Button>
            )}
            <Button variant="default" size="compact-sm" onClick={others}>
              Other assets&nbsp;
              <Key of="PageDown" />
            </Button>
          </div>
        </div>
        <ExampleGrid
          media={project.media}
          offered={guesses.offered}
          examples={guesses.examples}
          give={guesses.give}
        />
      </div>
      <Classes guesses={guesses} project={project} find={find} />
    </div>
  );
}

type ClassesProps = {
  guesses: Guesses;
  project: ProjectInfo;
  find: React.RefObject<HTMLInputElement | null>;
};

/** The classes with how many examples each has; the marked one is given by a click. */
function Classes({ guesses, project, find }: ClassesProps) {
  const keymap = useKeymap();
  const { brush, shown } = guesses;
  const marked = useMemo(() => new Map(brush === null ? [] : [[brush, 1] as const]), [brush]);
  const counts = useMemo(
    () => new Map(Object.entries(shown).map(([name, ids]) => [name, ids.length])),
    [shown],
  );
  return (
    <aside className={styles.panel} aria-label="Classes">
      <ClassList
        scope={`${project.name}/guesses`}
        classes={project.ontology.classes}
        keymap={keymap}
        disabled={false}
        marked={marked}
        counts={counts}
        searchRef={find}
        choose={guesses.setBrush}
      />
    </aside>
  );
}

function sentence({ reads, told, names, shown }: Guesses, project: ProjectInfo): string {
  const all = plural(project.asset_count, "asset");
  const examples = Object.keys(shown).length;
  if (reads)
    return `The names of ${plural(names.length, "class", "classes")} are enough for a first guess of ${all}; examples make it better.`;
  if (examples === 0)
    return `Nobody has labelled yet. Show one or a few of each class, and ${all} get a first guess.`;
  const left = names.length - told;
  return left > 0
    ? `${told} of ${plural(names.length, "class", "classes")} ${told === 1 ? "is" : "are"} shown. What is not shown is never guessed.`
    : `Every class is shown. A few more examples of each make the guesses better.`;
}

/** What the job says of its guesses. */
function brought(job: Job, project: ProjectInfo): string {
  const { agreement, without } = job.result ?? {};
  const head = `Each of ${plural(project.asset_count, "asset")} has a first guess`;
  const near =
    typeof agreement === "number"
      ? `; near neighbours share theirs in ${percent(agreement, 0)}.`
      : ".";
  const missing = Array.isArray(without) ? without.length : 0;
  return `${head}${near}${missing > 0 ? ` ${count(missing)} of the classes are never guessed.` : ""}`;
}
