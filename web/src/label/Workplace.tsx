/** The frame of every editor: the stage or what comes after it, the last decisions, the panel. */
import type { ComponentType, ReactNode } from "react";
import type { ProjectInfo } from "../api/types";
import { useKeymap } from "../keys/keyStore";
import { ErrorNotice } from "../parts/Notices";
import { BatchEnd } from "./BatchEnd";
import { Conflicts } from "./Conflicts";
import { DecisionStrip, stripEntry } from "./DecisionStrip";
import styles from "./label.module.css";
import { openOutbox } from "./outboxStore";
import type { LabelSession } from "./useLabelSession";

/** What stands around an editor: the place to label, or the place to fix a label. */
export type FrameProps = {
  project: ProjectInfo;
  scope: string;
  session: LabelSession;
  /** What stands on the stage while there is an asset. */
  stage: ReactNode;
  panel: ReactNode;
};

/** What every editor is given. */
export type EditorProps = Pick<FrameProps, "project" | "scope" | "session"> & {
  /** Under which name unsent work is kept. */
  drafts: string;
  frame: ComponentType<FrameProps>;
};

export function Workplace({ project, scope, session, stage, panel }: FrameProps) {
  const { item, state } = session;
  const keymap = useKeymap();
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
              <BatchEnd state={state} reload={session.reload} project={project} />
            )}
          </div>
        )}
        <DecisionStrip
          entries={state.decisions.map(stripEntry)}
          open={state.editing}
          look={session.edit}
        />
      </section>
      {panel}
      <Conflicts
        outbox={openOutbox(scope)}
        media={project.media}
        keymap={keymap}
        settle={session.settle}
        anew={session.anew}
        editing={state.editing}
      />
    </div>
  );
}
