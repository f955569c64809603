/** A picture as large as it fits, and closer by wheel, by keys or by buttons; the next one is whole. */
import { type PointerEvent, useCallback, useEffect, useRef, useState } from "react";
import type { Asset } from "../api/types";
import type { Command } from "../keys/actions";
import { commandFor, type Keymap } from "../keys/keymap";
import { AssetView } from "../parts/AssetView";
import type { Point, Size } from "../shapes/forms";
import type { View } from "../shapes/viewport";
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import { closer, moved, WHOLE } from "./closeLook";
import { PictureTools } from "./PictureTools";
import styles from "./picture.module.css";

const STEP = 1.4;

export function ClosePicture({ asset, keymap }: { asset: Asset; keymap: Keymap }) {
  const frame = useRef<HTMLDivElement>(null);
  const hand = useRef<Point | null>(null);
  const [look, setLook] = useState({ id: asset.id, view: WHOLE });
  const view = look.id === asset.id ? look.view : WHOLE;
  const [panning, setPanning] = useState(false);
  const isClose = view.scale > 1;

  const change = useCallback(
    (next: (view: View, size: Size) => View) =>
      setLook((old) => {
        const { clientWidth, clientHeight } = frame.current ?? { clientWidth: 1, clientHeight: 1 };
        const now = old.id === asset.id ? old.view : WHOLE;
        return { id: asset.id, view: next(now, [clientWidth, clientHeight]) };
      }),
    [asset.id],
  );
  const obey = useCallback(
    ({ kind }: Pick<Command, "kind">) => {
      const factor = kind === "zoom_in" ? STEP : 1 / STEP;
      if (kind === "whole") change(() => WHOLE);
      else if (kind === "zoom_in" || kind === "zoom_out")
        change((now, size) => closer(now, factor, [size[0] / 2, size[1] / 2], size));
    },
    [change],
  );

  useKeyPress((event) => {
    // Before the page hears of it, which takes the key as done.
    if (isTyping(event) && !(event.target as HTMLElement).dataset.field) return;
    const command = commandFor(event, keymap);
    if (command) obey(command);
  }, true);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const at: Point = [event.clientX - left, event.clientY - top];
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016));
      change((now, size) => closer(now, factor, at, size));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [change]);

  const down = (event: PointerEvent<HTMLDivElement>) => {
    if (!isClose || (event.target as HTMLElement).closest("[role=toolbar]")) return;
    hand.current = [event.clientX, event.clientY];
    event.currentTarget.setPointerCapture(event.pointerId);
    setPanning(true);
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    if (!hand.current) return;
    const by: Point = [event.clientX - hand.current[0], event.clientY - hand.current[1]];
    hand.current = [event.clientX, event.clientY];
    change((now, size) => moved(now, by, size));
  };
  const letGo = () => {
    hand.current = null;
    setPanning(false);
  };

  return (
    <div
      ref={frame}
      className={styles.frame}
      data-close={isClose || undefined}
      data-panning={panning || undefined}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={letGo}
      onPointerCancel={letGo}
    >
      <div
        className={styles.sheet}
        style={
          isClose
            ? { transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }
            : undefined
        }
      >
        <AssetView asset={asset} large />
      </div>
      <PictureTools keymap={keymap} obey={obey} />
    </div>
  );
}
