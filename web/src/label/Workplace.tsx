/** The frame of every editor: the stage or what comes after it, the last decisions, the panel. */
import type { ReactNode } from "react";
import type { ProjectInfo } from "../api/types";
import { ErrorNotice } from "../parts/Notices";
import { BatchEnd } from "./BatchEnd";
import { Conflicts } from "./Conflicts";
import { DecisionStrip } from "./DecisionStrip";
import styles from "./label.module.css";
import { openOutbox } from "./outboxStore";
import type { LabelSession } from "./useLabelSession";

/** What every editor is given. */
export type EditorProps = { project: ProjectInfo; scope: string };

type Props = EditorProps & {
  session: LabelSession;
  /** What stands on the stage while there is an asset. */
  stage: ReactNode;
  panel: ReactNode;
};

export function Workplace({ project, scope, session, stage, panel }: Props) {
  const { item, state } = session;
  return (
    <div className={styles.page}>
      <section className={styles.work} aria-label="Asset to label">
        {item ? (
          stage
        ) : (
          <div className={styles.rest}>
            {session.failure ? (
              <ErrorNotice error={session.failure} />
            ) : (
              <BatchEnd state={state} reload={session.reload} task={project.task} />
            )}
          </div>
        )}
        <DecisionStrip state={state} edit={session.edit} />
      </section>
      {panel}
      <Conflicts outbox={openOutbox(scope)} media={project.media} settle={session.settle} />
    </div>
  );
}
