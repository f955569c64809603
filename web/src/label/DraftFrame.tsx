/** An editor with a draft: the stage with its mark, the panel with what submits it. */
import type { ReactNode } from "react";
import type { Draft } from "../drafts/useDraft";
import type { Command } from "../keys/actions";
import type { Keymap } from "../keys/keymap";
import { ClassPanel, type PanelClasses } from "./ClassPanel";
import { Stage } from "./Stage";
import type { EditorProps } from "./Workplace";

type Props = Omit<EditorProps, "drafts"> & {
  draft: Pick<Draft<unknown>, "unsent" | "full" | "canUndo">;
  keymap: Keymap;
  obey: (command: Command) => void;
  submit: string;
  /** So many suggestions are passed over by submitting once more; 0 while nothing was asked. */
  asked?: number;
  classes: Omit<PanelClasses, "scope"> | null;
  /** In place of the bare asset. */
  stage?: ReactNode;
  /** Between the classes and the buttons. */
  children?: ReactNode;
};

export function DraftFrame({ frame: Frame, draft, stage, children, ...props }: Props) {
  const { project, scope, session, keymap, obey, submit, asked, classes } = props;
  const { item, edited, state } = session;
  return (
    <Frame
      project={project}
      scope={scope}
      session={session}
      stage={
        item && (
          <Stage
            item={item}
            edited={edited}
            session={state}
            unsent={draft.unsent}
            full={draft.full}
          >
            {stage}
          </Stage>
        )
      }
      panel={
        <ClassPanel
          keymap={keymap}
          disabled={item === null}
          canUndo={draft.canUndo}
          obey={obey}
          submit={submit}
          asked={asked}
          classes={classes && { ...classes, scope }}
        >
          {children}
        </ClassPanel>
      }
    />
  );
}
