/** Beside the classes: what can be done to the chosen ones, and the change that is thought over. */
import { Button, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { Chord } from "../keys/Chord";
import { ClassChip } from "../parts/ClassChip";
import { count, plural } from "../parts/format";
import { Key } from "../parts/Key";
import { type Draft, type Kind, kindsFor } from "./draft";
import styles from "./ontology.module.css";

/** The word, the key and the name of each thing that can be done. */
export const KINDS: Record<Kind, { word: string; key: string; title: string }> = {
  add: { word: "Add", key: "N", title: "Add a class" },
  rename: { word: "Rename", key: "R", title: "Rename" },
  merge: { word: "Merge", key: "M", title: "Merge" },
  split: { word: "Split", key: "S", title: "Split" },
  retire: { word: "Retire", key: "D", title: "Retire" },
  revert: { word: "Go back", key: "", title: "Go back" },
};

const SHOWN = 8;

type ChosenProps = {
  chosen: readonly string[];
  labels: Readonly<Record<string, number>>;
  oneClass: boolean;
  begin: (kind: Exclude<Kind, "revert">) => void;
  clear: () => void;
};

/** The chosen classes and their commands, or how to begin. */
export function Chosen({ chosen, labels, oneClass, begin, clear }: ChosenProps) {
  const kinds = kindsFor(chosen).filter((kind) => kind !== "revert");
  if (chosen.length === 0)
    return (
      <p className={styles.hint}>
        Choose a class to rename, split or retire it, or several to merge them. You see what a
        change touches before it is made, and every change can be taken back.
      </p>
    );
  const total = chosen.reduce((sum, name) => sum + (labels[name] ?? 0), 0);
  return (
    <div className={styles.chosen}>
      <Names names={chosen} />
      <p className={styles.hint}>
        {chosen.length > 1 && <>{count(chosen.length)} classes, </>}
        {oneClass || chosen.length === 1
          ? plural(total, "label")
          : `named ${plural(total, "time")} in labels`}
      </p>
      <div className={styles.buttons}>
        {kinds.map((kind) => (
          <Button
            key={kind}
            variant="default"
            size="sm"
            rightSection={<Key of={KINDS[kind].key} />}
            onClick={() => begin(kind)}
          >
            {KINDS[kind].word}
          </Button>
        ))}
        <Button variant="subtle" color="gray" size="sm" onClick={clear}>
          Clear
        </Button>
      </div>
    </div>
  );
}

type FormProps = {
  draft: Draft;
  edit: (draft: Draft) => void;
  apply: () => void;
  leave: () => void;
  busy: boolean;
  /** Whether the preview is there, so that it may be applied. */
  ready: boolean;
  children: ReactNode;
};

export function ChangeForm({ draft, edit, apply, leave, busy, ready, children }: FormProps) {
  const { word, title } = KINDS[draft.kind];
  const about = draft.kind === "revert" ? `${title} to version ${draft.version}` : title;
  return (
    <form
      className={styles.form}
      aria-label={about}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) apply();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        leave();
      }}
    >
      <h2 className={styles.formTitle}>{about}</h2>
      <Fields draft={draft} edit={edit} />
      {children}
      <div className={styles.buttons}>
        <Button
          type="submit"
          size="sm"
          loading={busy}
          // Nothing has to be typed here: Enter is enough.
          data-autofocus={asksNothing(draft) || undefined}
          autoFocus={asksNothing(draft)}
          aria-disabled={!ready}
          data-disabled={!ready || undefined}
          rightSection={<Chord of={draft.kind === "split" ? "mod+Enter" : "Enter"} />}
        >
          {draft.kind === "revert" ? about : word}
        </Button>
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          rightSection={<Key of="Escape" />}
          onClick={leave}
        >
          Leave it
        </Button>
      </div>
    </form>
  );
}

type FieldsProps = { draft: Draft; edit: (draft: Draft) => void };

function Fields({ draft, edit }: FieldsProps) {
  switch (draft.kind) {
    case "add":
      return (
        <NameField label="Name" value={draft.name} change={(name) => edit({ ...draft, name })} />
      );
    case "rename":
      return (
        <>
          <Names names={[draft.name]} />
          <NameField label="New name" value={draft.to} change={(to) => edit({ ...draft, to })} />
        </>
      );
    case "merge":
      return (
        <>
          <Names names={draft.names} take={(into) => edit({ ...draft, into })} />
          <NameField
            label="Into"
            description="One of them, or a new name"
            value={draft.into}
            change={(into) => edit({ ...draft, into })}
          />
        </>
      );
    case "split":
      return (
        <>
          <Names names={[draft.name]} />
          <Textarea
            label="Into"
            description="One class a line"
            data-autofocus
            autoFocus
            autosize
            minRows={3}
            maxRows={8}
            value={draft.parts}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
            onChange={(event) => edit({ ...draft, parts: event.currentTarget.value })}
          />
        </>
      );
    case "retire":
      return <Names names={[draft.name]} />;
    case "revert":
      return null;
  }
}

type NameFieldProps = {
  label: string;
  description?: string;
  value: string;
  change: (value: string) => void;
};

function NameField({ label, description, value, change }: NameFieldProps) {
  return (
    <TextInput
      label={label}
      description={description}
      autoFocus
      autoComplete="off"
      maxLength={200}
      value={value}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

type NamesProps = { names: readonly string[]; take?: (name: string) => void };

/** Some names, whole where they are few; with `take` each can be clicked. */
function Names({ names, take }: NamesProps) {
  return (
    <ul className={styles.names}>
      {names.slice(0, SHOWN).map((name) => (
        <li key={name}>
          {take ? (
            <button
              type="button"
              className={styles.take}
              title={`Merge into ${name}`}
              onClick={() => take(name)}
            >
              <ClassChip name={name} />
            </button>
          ) : (
            <ClassChip name={name} />
          )}
        </li>
      ))}
      {names.length > SHOWN && (
        <li className={styles.hint}>and {count(names.length - SHOWN)} more</li>
      )}
    </ul>
  );
}

function asksNothing(draft: Draft): boolean {
  return draft.kind === "retire" || draft.kind === "revert";
}
