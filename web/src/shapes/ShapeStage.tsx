/** The stage for shapes: an easel that React does not draw on, and the buttons to look closer. */
import { type RefObject, useEffect, useRef, useState } from "react";
import { contentUrl } from "../api/client";
import type { Command } from "../keys/actions";
import type { Keymap } from "../keys/keymap";
import { PictureTools } from "../picture/PictureTools";
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
      <PictureTools keymap={keymap} obey={obey} centres={wishes.kind !== null} />
    </div>
  );
}
