/** The stage for shapes: an easel that React does not draw on, and the buttons to look closer. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconFocusCentered, IconMaximize, IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { contentUrl } from "../api/client";
import type { Command } from "../keys/actions";
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import { Easel, type Wishes } from "./easel";
import type { Scene } from "./paint";
import styles from "./shapes.module.css";

type Props = {
  id: string;
  scene: Omit<Scene, "hovered" | "sketch">;
  /** Grows with every undo: the shape on the easel is then put there anew. */
  undone: number;
  wishes: Omit<Wishes, "failed">;
  easel: RefObject<Easel | null>;
  keymap: Keymap;
  obey: (command: Command) => void;
};

export function ShapeStage({ id, scene, undone, wishes, easel, keymap, obey }: Props) {
  const root = useRef<HTMLElement>(null);
  const [broken, setBroken] = useState<string | null>(null);
  const wanted = useRef(wishes);
  wanted.current = wishes;
  const seen = useRef(undone);

  useEffect(() => {
    if (!root.current) return;
    const made = new Easel(root.current, {
      kind: wanted.current.kind,
      select: (chosen) => wanted.current.select(chosen),
      draw: (form) => wanted.current.draw(form),
      edit: (edited, form) => wanted.current.edit(edited, form),
      loaded: (size) => wanted.current.loaded(size),
      failed: () => setBroken(root.current?.dataset.asset ?? null),
    });
    easel.current = made;
    return () => {
      easel.current = null;
      made.destroy();
    };
  }, [easel]);

  useEffect(() => {
    setBroken(null);
    void easel.current?.load(contentUrl(id), id);
  }, [easel, id]);

  useEffect(() => {
    easel.current?.show(scene, seen.current !== undone);
    seen.current = undone;
  }, [easel, scene, undone]);

  return (
    <div className={styles.frame}>
      <section
        ref={root}
        className={styles.easel}
        data-testid="easel"
        data-asset={id}
        data-looking={wishes.kind === null || undefined}
        aria-label={
          wishes.kind === null
            ? `Picture ${id} with its shapes`
            : `Picture ${id}. Draw with the mouse, or press ${keymap.keysOf("add")[0] ?? ""}.`
        }
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its shapes are walked through with Tab
        tabIndex={0}
      />
      {broken === id && <p className={styles.broken}>The picture of {id} cannot be shown.</p>}
      <div className={styles.tools} role="toolbar" aria-label="Picture">
        <Tool kind="zoom_out" text="Zoom out" keymap={keymap} obey={obey}>
          <IconZoomOut size={18} />
        </Tool>
        <Tool kind="zoom_in" text="Zoom in" keymap={keymap} obey={obey}>
          <IconZoomIn size={18} />
        </Tool>
        <Tool kind="whole" text="Whole picture" keymap={keymap} obey={obey}>
          <IconMaximize size={18} />
        </Tool>
        {wishes.kind !== null && (
          <Tool kind="centre" text="Centre on the chosen one" keymap={keymap} obey={obey}>
            <IconFocusCentered size={18} />
          </Tool>
        )}
      </div>
    </div>
  );
}

type ToolProps = {
  kind: "zoom_in" | "zoom_out" | "whole" | "centre";
  text: string;
  keymap: Keymap;
  obey: (command: Command) => void;
  children: ReactNode;
};

function Tool({ kind, text, keymap, obey, children }: ToolProps) {
  return (
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
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
