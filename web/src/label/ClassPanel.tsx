/** Beside the asset: the classes, what the editor adds, and the other things a person may say. */
import { Button } from "@mantine/core";
import { IconArrowBackUp, IconHelpCircle, IconPlayerSkipForward, IconX } from "@tabler/icons-react";
import type { MouseEvent, ReactNode } from "react";
import { ClassList, type ClassListProps } from "../classes/ClassList";
import type { Command } from "../keys/actions";
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import { plural } from "../parts/format";
import styles from "./label.module.css";
import { usePurpose } from "./purpose";

/** Where Escape leads from a picture or a text whose shapes have Tab for themselves. */
export const PANEL = "label-panel";

export type PanelClasses = Omit<ClassListProps, "keymap" | "disabled">;

type Props = {
  keymap: Keymap;
  disabled: boolean;
  canUndo: boolean;
  obey: (command: Command) => void;
  /** The classes; none where the task has none. */
  classes: PanelClasses | null;
  /** Between the classes and the buttons. */
  children?: ReactNode;
  /** What submits; where a class key submits by itself there is none. */
  submit?: string;
  /** So many suggestions are passed over by submitting nothing once more. */
  asked?: number;
};

export function ClassPanel({ keymap, disabled, canUndo, obey, classes, ...props }: Props) {
  const { children, submit, asked = 0 } = props;
  const isFix = usePurpose().kind === "fix";
  return (
    <aside
      id={PANEL}
      className={styles.panel}
      aria-label={classes ? "Classes" : "Answer"}
      tabIndex={-1}
    >
      {classes ? (
        <ClassList {...classes} keymap={keymap} disabled={disabled} />
      ) : (
        <div className={styles.panelSpace} />
      )}
      {children}
      {submit !== undefined && (
        <div className={styles.submit}>
          <p role="status" className={styles.asked}>
            {asked > 0 && (
              <>
                {plural(asked, "suggestion is", "suggestions are")} left:{" "}
                <Chord of={keymap.keysOf("take")[0]} /> takes {asked === 1 ? "it" : "them"},{" "}
                <Chord of={keymap.keysOf("accept")[0]} /> again submits none
              </>
            )}
          </p>
          <Button
            fullWidth
            size="md"
            disabled={disabled}
            rightSection={<Chord of={keymap.keysOf("accept")[0]} />}
            onClick={(event) => act(event, () => obey({ kind: "accept" }))}
          >
            {asked > 0 ? "Again to submit none" : isFix ? submit.replace("Submit", "Fix") : submit}
          </Button>
        </div>
      )}
      <div className={styles.others}>
        {isFix ? (
          <Other
            icon={<IconX size={16} />}
            text="Back to review"
            keys={keymap.keysOf("leave")[0]}
            disabled={false}
            act={() => obey({ kind: "leave" })}
          />
        ) : (
          <>
            <Other
              icon={<IconPlayerSkipForward size={16} />}
              text="Skip"
              keys={keymap.keysOf("skip")[0]}
              disabled={disabled}
              act={() => obey({ kind: "skip" })}
            />
            <Other
              icon={<IconHelpCircle size={16} />}
              text="Cannot tell"
              keys={keymap.keysOf("cannot_tell")[0]}
              disabled={disabled}
              act={() => obey({ kind: "cannot_tell" })}
            />
          </>
        )}
        <Other
          icon={<IconArrowBackUp size={16} />}
          text="Undo"
          keys={keymap.keysOf("undo")[0]}
          disabled={!canUndo}
          act={() => obey({ kind: "undo" })}
        />
      </div>
    </aside>
  );
}

type OtherProps = {
  icon: ReactNode;
  text: string;
  keys: string | undefined;
  disabled: boolean;
  act: () => void;
};

export function Other({ icon, text, keys, disabled, act: perform }: OtherProps) {
  return (
    <Button
      variant="subtle"
      color="gray"
      fullWidth
      justify="flex-start"
      size="sm"
      leftSection={icon}
      rightSection={<Chord of={keys} />}
      disabled={disabled}
      classNames={{ root: styles.other, label: styles.otherLabel }}
      onClick={(event) => act(event, perform)}
    >
      {text}
    </Button>
  );
}

/** After a mouse click the focus leaves the button, so that Space and Enter mean the page again. */
export function act(event: MouseEvent<HTMLButtonElement>, perform: () => void): void {
  if (event.detail > 0) event.currentTarget.blur();
  perform();
}
