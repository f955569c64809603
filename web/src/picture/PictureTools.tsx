/** The buttons to look closer at a picture, each with its key. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconFocusCentered, IconMaximize, IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import styles from "./picture.module.css";

type Kind = "zoom_in" | "zoom_out" | "whole" | "centre";

type Props = {
  keymap: Keymap;
  obey: (command: { kind: Kind }) => void;
  /** Whether there are shapes to centre on. */
  centres?: boolean;
};

export function PictureTools({ keymap, obey, centres = false }: Props) {
  const tool = (kind: Kind, text: string, icon: ReactNode) => (
    <Tooltip
      label={
        <span>
          {text} <Chord of={keymap.keysOf(kind)[0]} />
        </span>
      }
    >
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={text}
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur();
          obey({ kind });
        }}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <div className={styles.tools} role="toolbar" aria-label="Picture">
      {tool("zoom_out", "Zoom out", <IconZoomOut size={18} />)}
      {tool("zoom_in", "Zoom in", <IconZoomIn size={18} />)}
      {tool("whole", "Whole picture", <IconMaximize size={18} />)}
      {centres && tool("centre", "Centre on the chosen one", <IconFocusCentered size={18} />)}
    </div>
  );
}
