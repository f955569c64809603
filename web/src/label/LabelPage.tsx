/** Label: one asset, one key, next. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import { className, type ProjectInfo } from "../api/types";
import { Empty, ErrorNotice } from "../parts/Notices";
import { BatchEnd } from "./BatchEnd";
import { ClassPanel } from "./ClassPanel";
import { Conflicts } from "./Conflicts";
import { DecisionStrip } from "./DecisionStrip";
import type { Command } from "./keys";
import styles from "./label.module.css";
import { openOutbox } from "./outboxStore";
import { Stage } from "./Stage";
import { useLabelKeys } from "./useLabelKeys";
import { useLabelSession } from "./useLabelSession";
import { useStopwatch } from "./useStopwatch";

export function LabelPage() {
  const project = useQuery(projectQuery).data;
  const me = useQuery(sessionQuery).data;
  if (!project || !me) return null;
  if (project.task !== "classification")
    return (
      <Empty title="This task cannot be labelled here yet">
        The project's task is {project.task}. This page labels whole images, texts and rows; import
        labels made elsewhere with <code>querist import</code>.
      </Empty>
    );
  return <Labelling project={project} scope={`${project.name}/${me.name}`} />;
}

function Labelling({ project, scope }: { project: ProjectInfo; scope: string }) {
  const session = useLabelSession(openOutbox(scope));
  const { item, edited, state } = session;
  const watch = useStopwatch(item ? `${item.asset.id}/${edited?.submissionId ?? ""}` : null);
  const [flash, setFlash] = useState<string | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const shown = edited ? className(edited.value) : className(item?.prelabel);

  const choose = useCallback(
    (name: string) => {
      setFlash(name);
      session.decide("label", { type: "class", name }, watch.seconds());
    },
    [session, watch],
  );

  useEffect(() => {
    if (flash === null) return;
    const timer = window.setTimeout(() => setFlash(null), 160);
    return () => window.clearTimeout(timer);
  }, [flash]);

  const obey = useCallback(
    (command: Command) => {
      if (command.kind === "class") choose(command.name);
      else if (command.kind === "accept" && shown !== null) choose(shown);
      else if (command.kind === "skip" || command.kind === "cannot_tell")
        session.decide(command.kind, null, watch.seconds());
      else if (command.kind === "undo") session.undo();
      else if (command.kind === "search") search.current?.focus();
      else if (command.kind === "back") session.step(-1);
      else if (command.kind === "forward") session.step(1);
      else if (command.kind === "leave") session.edit(null);
    },
    [choose, session, shown, watch],
  );
  useLabelKeys(project.ontology.classes, obey, item !== null);

  return (
    <div className={styles.page}>
      <section className={styles.work} aria-label="Asset to label">
        {item ? (
          <Stage item={item} edited={edited} session={state} />
        ) : (
          <div className={styles.rest}>
            {session.failure ? (
              <ErrorNotice error={session.failure} />
            ) : (
              <BatchEnd state={state} reload={session.reload} />
            )}
          </div>
        )}
        <DecisionStrip state={state} edit={session.edit} />
      </section>
      <ClassPanel
        classes={project.ontology.classes}
        item={item}
        edited={edited}
        flash={flash}
        canUndo={state.decisions.length > 0}
        searchRef={search}
        obey={obey}
      />
      <Conflicts outbox={openOutbox(scope)} media={project.media} settle={session.settle} />
    </div>
  );
}
