/** A number for the whole asset: type it, or move it with the arrows, then Enter. */
import { Slider, TextInput } from "@mantine/core";
import { useCallback, useEffect, useRef } from "react";
import type { Value } from "../api/types";
import { useDraft } from "../drafts/useDraft";
import type { Command } from "../keys/actions";
import { useKeymap } from "../keys/keyStore";
import { rangeText, readNumber, stepOf, stepped } from "../parts/numberText";
import { DraftFrame } from "./DraftFrame";
import styles from "./label.module.css";
import { useLabelKeys } from "./useLabelKeys";
import type { EditorProps } from "./Workplace";

const codec = {
  of: (value: Value | null) => (value?.type === "number" ? String(value.number) : ""),
};

export function NumberEditor(props: EditorProps) {
  const { project, session, drafts } = props;
  const keymap = useKeymap();
  const draft = useDraft<string>(drafts, session, codec);
  const { item } = session;
  const { limits } = project.ontology;
  const field = useRef<HTMLInputElement>(null);
  const text = draft.now ?? "";
  const { problem } = readNumber(text, limits);
  const id = item?.asset.id;

  // biome-ignore lint/correctness/useExhaustiveDependencies: each asset begins in the field
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [id]);

  const obey = useCallback(
    (command: Command): undefined => {
      if (command.kind === "accept") {
        const { number } = readNumber(draft.latest() ?? "", limits);
        if (number === null) field.current?.focus();
        else draft.submit({ type: "number", number });
      } else if (command.kind === "take") {
        const suggested = session.now()?.item.prelabel;
        if (suggested?.type === "number") draft.change(() => String(suggested.number));
      } else draft.obey(command);
    },
    [draft, limits, session],
  );
  useLabelKeys(keymap, obey, item !== null);

  const number = readNumber(text, limits).number;
  const ranged = limits.lowest !== null && limits.highest !== null;
  return (
    <DraftFrame
      {...props}
      draft={draft}
      keymap={keymap}
      obey={obey}
      classes={null}
      submit={number === null ? "Submit" : `Submit ${number} ${limits.unit}`.trim()}
    >
      <div className={styles.number}>
        <TextInput
          ref={field}
          size="lg"
          label="Number"
          description={`${rangeText(limits)}; ↑ ↓ step`}
          inputMode="decimal"
          autoComplete="off"
          data-field="number"
          value={text}
          error={problem}
          disabled={item === null}
          rightSection={limits.unit && <span className={styles.unit}>{limits.unit}</span>}
          rightSectionWidth={limits.unit.length * 9 + 20}
          onChange={(event) => {
            const typed = event.currentTarget.value;
            draft.change(() => typed);
          }}
          onKeyDown={(event) => {
            if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
            event.preventDefault();
            const steps = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1);
            draft.change((now) => stepped(now, steps, limits));
          }}
        />
        {ranged && (
          <Slider
            className={styles.slider}
            thumbLabel="Number"
            label={null}
            min={limits.lowest ?? 0}
            max={limits.highest ?? 1}
            step={stepOf(limits)}
            value={number ?? limits.lowest ?? 0}
            disabled={item === null}
            onChange={(moved) => draft.change(() => String(moved))}
          />
        )}
      </div>
    </DraftFrame>
  );
}
