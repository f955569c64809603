/** Settings, Ontology: the classes, and changes to them while people label; each is shown before it is made. */
import { Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconNumbers } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { changeOntology } from "../api/actions";
import { ontologyQuery, projectQuery, sessionQuery } from "../api/queries";
import {
  isOneClass,
  mayManage,
  type OntologyChange,
  type OntologyHistory,
  type ProjectInfo,
} from "../api/types";
import { plural } from "../parts/format";
import { Empty, ErrorNotice, NotYours } from "../parts/Notices";
import { SettingsTabs } from "../settings/SettingsTabs";
import { ChangeForm, Chosen } from "./ChangePanel";
import { ClassTable } from "./ClassTable";
import { begin, changeOf, chosenAfter, type Draft, type Kind, lookalike, missing } from "./draft";
import { History } from "./History";
import styles from "./ontology.module.css";
import { Preview, useChangePreview } from "./Preview";
import { nobody, type Picked, pick } from "./picking";
import { useOntologyKeys } from "./useOntologyKeys";

/** The server is asked once the typing rests. */
const REST = 200;

export function OntologyPage() {
  const me = useQuery(sessionQuery).data;
  const project = useQuery(projectQuery).data;
  const allowed = mayManage(me);
  const { data, error } = useQuery({ ...ontologyQuery, enabled: allowed });
  if (!me || !project) return null;
  if (!allowed) return <NotYours page="Settings" needed="manager" role={me.role} />;
  if (project.task === "regression")
    return (
      <div className={styles.numbers}>
        <SettingsTabs />
        <Empty title="Numbers have no classes" icon={<IconNumbers size={24} />}>
          The labels of this project are numbers. Their range and unit stand in{" "}
          <code>querist.toml</code>.
        </Empty>
      </div>
    );
  if (error && !data)
    return (
      <div className={styles.trouble}>
        <ErrorNotice error={error} />
      </div>
    );
  if (!data) return <Skeleton height="100%" radius={0} />;
  return <Editor history={data} project={project} />;
}

function Editor({ history, project }: { history: OntologyHistory; project: ProjectInfo }) {
  const oneClass = isOneClass(project);
  const { ontology, labels, versions } = history;
  const [picked, setPicked] = useState<Picked>(nobody);
  const [draft, setDraft] = useState<Draft | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const known = new Set(ontology.classes.map(({ name }) => name));
  const chosen = [...picked.names].filter((name) => known.has(name));

  const start = useCallback(
    (kind: Exclude<Kind, "revert">, names: readonly string[]) => {
      const next = begin(kind, names, labels);
      if (next) setDraft(next);
    },
    [labels],
  );
  const leave = useCallback(() => {
    setDraft(null);
    focusOn(chosen[0]);
  }, [chosen]);
  useOntologyKeys({
    chosen,
    drafting: draft !== null,
    begin: start,
    choose: (name) => setPicked({ names: new Set([name]), anchor: name }),
    clear: () => setPicked(nobody),
    leave,
    search,
  });
  const change = useChange(ontology.version, (made) => {
    const next = chosenAfter(made);
    setDraft(null);
    setPicked({ names: new Set(next), anchor: next[0] ?? null });
    focusOn(next[0]);
  });
  const wanted = draft && changeOf(draft);
  const alike = lookalike(wanted, [...known]);
  const [rested] = useDebouncedValue(wanted, REST, { leading: true });
  const shown = wanted && same(wanted, rested) ? rested : null;
  const preview = useChangePreview(shown, ontology.version, change.isPending);
  // A label of several classes stands in the row of each of them.
  const total = oneClass
    ? Object.values(labels).reduce((sum, number) => sum + number, 0)
    : project.labeled_count;

  return (
    <div className={styles.page}>
      <div className={styles.main}>
        <SettingsTabs />
        <h1 className={styles.title}>
          {plural(ontology.classes.length, "class", "classes")}, {plural(total, "label")}.{" "}
          <span>Version {ontology.version}.</span>
        </h1>
        <ClassTable
          classes={ontology.classes}
          labels={labels}
          chosen={picked.names}
          pick={(names, name, how) => {
            setDraft(null);
            setPicked((old) => pick(old, names, name, how));
          }}
          add={() => start("add", [])}
          searchRef={search}
        />
      </div>
      <aside className={styles.side} aria-label="Change the classes">
        {draft ? (
          <ChangeForm
            key={draft.kind}
            draft={draft}
            edit={setDraft}
            apply={() => wanted && change.mutate(wanted)}
            leave={leave}
            busy={change.isPending}
            ready={shown !== null && preview.isSuccess}
          >
            {alike !== null && (
              <p className={styles.alike} role="status">
                There is the class <strong>{alike}</strong> already: people will mistake one for the
                other.
              </p>
            )}
            {wanted ? (
              <Preview
                change={shown}
                found={preview.data}
                error={preview.error}
                browsable={oneClass}
              />
            ) : (
              <p className={styles.hint}>{missing(draft)}</p>
            )}
            {change.error && <ErrorNotice error={change.error} />}
          </ChangeForm>
        ) : (
          <Chosen
            chosen={chosen}
            labels={labels}
            oneClass={oneClass}
            begin={(kind) => start(kind, chosen)}
            clear={() => setPicked(nobody)}
          />
        )}
        <History versions={versions} goBack={(version) => setDraft({ kind: "revert", version })} />
      </aside>
    </div>
  );
}

/** Make a change of the version that is seen. */
function useChange(version: number, made: (change: OntologyChange) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: OntologyChange) => changeOntology(change, version),
    onSuccess: async (found, change) => {
      notifications.show({ title: found.words, message: "Saved. The history leads back." });
      await client.invalidateQueries({ queryKey: ontologyQuery.queryKey });
      made(change);
    },
    onSettled: () => {
      for (const key of ["ontology", "project", "facets", "assets", "asset", "home"])
        void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

/** Once React has drawn, which may take some frames: the row of a class; the arrows go on there. */
function focusOn(name: string | undefined, frames = 60): void {
  if (name === undefined || frames === 0) return;
  requestAnimationFrame(() => {
    const rows = [...document.querySelectorAll<HTMLElement>("[data-at]")];
    const row = rows.find((one) => one.dataset.name === name);
    if (row) row.focus();
    else focusOn(name, frames - 1);
  });
}

function same(one: OntologyChange, other: OntologyChange | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
