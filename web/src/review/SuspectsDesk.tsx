/** Suspects: which labels would models that have not seen them not give? A gallery, one key a label. */
import { Button, Skeleton } from "@mantine/core";
import { IconEyeQuestion } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { isOneClass, type Me, mayManage, type ProjectInfo, type Suspect } from "../api/types";
import { move } from "../catalog/useCatalogKeys";
import type { Command } from "../keys/actions";
import { useKeymap } from "../keys/keyStore";
import { Conflicts } from "../label/Conflicts";
import { openOutbox } from "../label/outboxStore";
import { settleIn } from "../label/settling";
import { useLabelKeys } from "../label/useLabelKeys";
import { useStopwatch } from "../label/useStopwatch";
import { count, plural } from "../parts/format";
import { Empty, ErrorNotice } from "../parts/Notices";
import { useAtOnce } from "../parts/useAtOnce";
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import { reviewCountsQuery } from "./queries";
import styles from "./review.module.css";
import type { ReviewSearch, Which } from "./reviewSearch";
import { SuspectPanel } from "./SuspectPanel";
import { SuspectTile } from "./SuspectTile";
import { aboutOf, narrowed, nextOpen, pairsOf } from "./suspects";
import gallery from "./suspects.module.css";
import { useSuspects } from "./useSuspects";
import { type Tally, ViewBar } from "./ViewBar";

type Props = { project: ProjectInfo; me: Me };

const NOBODY: ReadonlySet<string> = new Set();

export function SuspectsDesk({ project, me }: Props) {
  const search = useSearch({ from: "/review" });
  const navigate = useNavigate({ from: "/review" });
  const outbox = openOutbox(`${project.name}/${me.name}`);
  const desk = useSuspects(outbox, project, me);
  const counts = useQuery(reviewCountsQuery).data;
  const keymap = useKeymap("suspects");
  const grid = useRef<HTMLUListElement>(null);
  const find = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState(NOBODY);

  const goTo = useCallback(
    (asset: string | undefined) =>
      void navigate({ search: (old) => ({ ...old, asset }), replace: true, resetScroll: false }),
    [navigate],
  );
  // The next key means the next label, also before the address has followed.
  const [looked, lookAt] = useAtOnce(search.asset, goTo);
  const shown = useMemo(() => narrowed(desk.all ?? [], search), [desk.all, search]);
  const found = shown.findIndex(({ asset_id }) => asset_id === looked);
  const at = found === -1 ? nextOpen(shown, desk.outcomes, -1) : found;
  const focus = shown[at] ?? null;
  const watch = useStopwatch(focus?.asset_id ?? null);
  const left = shown.filter(({ asset_id }) => !desk.outcomes.has(asset_id)).length;

  const change = useCallback(
    (part: Partial<ReviewSearch>) => {
      setChosen(NOBODY);
      void navigate({ search: (old) => ({ ...old, asset: undefined, ...part }) });
    },
    [navigate],
  );
  const look = useCallback(
    (index: number) => {
      const asset = shown[index]?.asset_id;
      if (asset === undefined) return;
      lookAt(asset);
      document.getElementById(tileId(asset))?.scrollIntoView({ block: "nearest" });
    },
    [shown, lookAt],
  );
  const toggle = useCallback((id: string) => {
    setChosen((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);

  const about = aboutOf(chosen, focus, shown);
  const now = useRef({ desk, about, shown, at, focus });
  now.current = { desk, about, shown, at, focus };
  /** Do it to what is meant, then go to the next one that nobody has decided. */
  const judge = useCallback(
    (how: (of: readonly Suspect[], seconds: number) => void) => {
      const { about: of, shown: all, at: from, desk: here } = now.current;
      how(of, watch.seconds());
      setChosen(NOBODY);
      const gone = new Map(here.outcomes);
      for (const { asset_id } of of)
        gone.set(asset_id, { verb: "kept", name: null, submissionId: null, own: false });
      look(nextOpen(all, gone, from));
    },
    [watch, look],
  );
  const obey = useCallback(
    (command: Command): boolean | undefined => {
      const here = now.current;
      switch (command.kind) {
        case "approve":
          judge(here.desk.keep);
          return undefined;
        case "fix":
          judge((of, seconds) => here.desk.fix(of, seconds));
          return undefined;
        case "class":
          judge((of, seconds) => here.desk.fix(of, seconds, command.name));
          return undefined;
        case "send_back":
          if (!mayManage(me)) return false;
          judge(here.desk.ask);
          return undefined;
        case "pass":
          look(nextOpen(here.shown, here.desk.outcomes, here.at));
          return undefined;
        case "choose":
          if (here.focus) toggle(here.focus.asset_id);
          return undefined;
        case "search":
          find.current?.focus();
          return undefined;
        case "leave":
          setChosen(NOBODY);
          return undefined;
        case "undo": {
          const own = here.focus && here.desk.outcomes.has(here.focus.asset_id);
          const back = here.desk.undo(own ? here.focus?.asset_id : undefined);
          if (back) look(here.shown.findIndex(({ asset_id }) => asset_id === back));
          return undefined;
        }
        default:
          return false;
      }
    },
    [judge, look, toggle, me],
  );
  useLabelKeys(keymap, obey, shown.length > 0);
  useArrows(grid, shown.length, at, look);

  const tally: Tally = {
    done: shown.length - left,
    left,
    loaded: desk.all !== undefined,
    numberOf: (which: Which) =>
      counts && which in counts ? count(counts[which as keyof typeof counts] ?? 0) : "",
  };
  return (
    <div className={styles.page}>
      <section className={gallery.work} aria-label="Suspect labels">
        <ViewBar project={project} search={search} change={change} tally={tally} />
        {shown.length === 0 ? (
          <div className={styles.rest}>
            <Rest desk={desk} project={project} search={search} change={change} />
          </div>
        ) : (
          <div className={gallery.scroll}>
            <header className={gallery.lead}>
              <h1>{sentence(left, shown.length)}</h1>
              {mayManage(me) && left > 1 && (
                <Button
                  variant="default"
                  size="xs"
                  loading={desk.asking}
                  onClick={() => desk.ask(shown)}
                >
                  Ask others about all {count(left)}
                </Button>
              )}
            </header>
            <Pairs desk={desk} search={search} change={change} />
            <ul className={gallery.grid} data-media={project.media} ref={grid}>
              {shown.map((one, index) => (
                <SuspectTile
                  key={one.asset_id}
                  id={tileId(one.asset_id)}
                  suspect={one}
                  outcome={desk.outcomes.get(one.asset_id) ?? null}
                  focused={index === at}
                  chosen={chosen.has(one.asset_id)}
                  choosing={chosen.size > 0}
                  open={() => look(index)}
                  toggle={() => toggle(one.asset_id)}
                />
              ))}
            </ul>
          </div>
        )}
      </section>
      {focus ? (
        <SuspectPanel
          project={project}
          me={me}
          suspect={focus}
          about={about}
          outcome={chosen.size > 0 ? null : (desk.outcomes.get(focus.asset_id) ?? null)}
          asking={desk.asking}
          keymap={keymap}
          find={find}
          obey={obey}
        />
      ) : (
        <aside className={styles.panel} aria-label="The label" />
      )}
      <Conflicts
        outbox={outbox}
        media={project.media}
        keymap={keymap}
        settle={(entry, keep) => void settleIn(outbox, entry, keep)}
      />
    </div>
  );
}

function tileId(asset: string): string {
  return `suspect-${asset}`;
}

function sentence(left: number, all: number): string {
  if (left === 0) return `All ${plural(all, "suspect")} are decided.`;
  return `${plural(left, "label is", "labels are")} doubted by models that have not seen ${left === 1 ? "it" : "them"}, the least credible first.`;
}

type RestProps = {
  desk: ReturnType<typeof useSuspects>;
  project: ProjectInfo;
  search: ReviewSearch;
  change: (part: Partial<ReviewSearch>) => void;
};

/** Nothing to show: not read yet, not possible yet, or nothing doubted. */
function Rest({ desk, project, search, change }: RestProps) {
  if (!isOneClass(project))
    return (
      <Empty title="Suspects are labels of one class" icon={<IconEyeQuestion size={24} />}>
        The labels of this project are of another kind. Review shows the doubtful ones first.
      </Empty>
    );
  if (desk.error instanceof ApiError && desk.error.status === 422)
    return (
      <Empty
        title="No model can doubt a label yet"
        icon={<IconEyeQuestion size={24} />}
        action={
          <Button component={Link} to="/" variant="default">
            Go to Home
          </Button>
        }
      >
        Models that have not seen a label say whether they would give it. The first round that is
        labelled trains them.
      </Empty>
    );
  if (desk.error) return <ErrorNotice error={desk.error} />;
  if (!desk.all)
    return (
      <div className={gallery.wait}>
        <Skeleton height={200} width={480} radius="lg" />
        <p role="status">Five models judge the labels that they have not seen…</p>
      </div>
    );
  const narrows = search.annotator ?? search.label ?? search.suggested;
  return (
    <Empty
      title="No label stands out as wrong"
      icon={<IconEyeQuestion size={24} />}
      action={
        narrows !== undefined && (
          <Button
            variant="default"
            onClick={() => change({ annotator: undefined, label: undefined, suggested: undefined })}
          >
            Show all suspects
          </Button>
        )
      }
    >
      After each round the labels are judged anew, by models that have not seen them.
    </Empty>
  );
}

/** The confusions that come most often, each a way to see only those. */
function Pairs({ desk, search, change }: Omit<RestProps, "project">) {
  if (search.label !== undefined || search.suggested !== undefined) return null;
  const pairs = pairsOf(desk.all ?? [], desk.outcomes);
  if (pairs.length === 0) return null;
  return (
    <ul className={gallery.pairs} aria-label="What is taken for what">
      {pairs.map(({ given, suggested, number }) => (
        <li key={`${given} ${suggested}`}>
          <button type="button" onClick={() => change({ label: given, suggested })}>
            <span>
              {given} → {suggested}
            </span>{" "}
            <strong>{number}</strong>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Arrow keys walk through the gallery, row by row as it stands. */
function useArrows(
  grid: React.RefObject<HTMLUListElement | null>,
  total: number,
  at: number,
  look: (index: number) => void,
): void {
  const press = (event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!grid.current || total === 0) return;
    const columns = getComputedStyle(grid.current).gridTemplateColumns.split(" ").length;
    const target = move(event.key, at, columns, total);
    if (target === null) return;
    event.preventDefault();
    look(target);
  };
  useKeyPress(press);
}
