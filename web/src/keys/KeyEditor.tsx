/** Change the keys of labelling and reviewing: press the new one, hear who has it, take it or leave it. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import { mayBrowse } from "../api/types";
import { keyName } from "../parts/Key";
import { ACTION_IDS, type ActionId, actionOf, actionsFor, type Task } from "./actions";
import { Chord } from "./Chord";
import { chordOf, keysOfChord } from "./chords";
import { type Complaint, classBinding, complaints, type Keymap, withKey } from "./keymap";
import { keepKeys, useKeymap, useOwnKeys } from "./keyStore";
import styles from "./keys.module.css";

/** So many classes have their keys changed here; with more, people search by name. */
const CLASSES = 36;

type Row = { binding: string; text: string; keymap: Keymap };
type Asked = { row: Row; chord: string; complaints: readonly Complaint[] };
type Props = { done: () => void; listening: (on: boolean) => void };

export function KeyEditor({ done, listening }: Props) {
  const own = useOwnKeys();
  const [waiting, setWaiting] = useState<string | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const groups = useGroups();
  const wait = (binding: string | null) => {
    setWaiting(binding);
    listening(binding !== null);
  };
  const hear = (row: Row, event: KeyboardEvent) => {
    const { binding, keymap } = row;
    if (waiting !== binding) return;
    event.preventDefault();
    event.stopPropagation();
    const chord = chordOf(event);
    if (chord === null) return;
    wait(null);
    if (chord === "Escape") return;
    const found = complaints(keymap, binding, chord);
    if (found.length > 0) setAsked({ row, chord, complaints: found });
    else keepKeys(withKey(keymap, own, binding, chord));
  };
  const answer = (take: boolean) => {
    if (asked && take) keepKeys(withKey(asked.row.keymap, own, asked.row.binding, asked.chord));
    setAsked(null);
  };
  const reset = (binding: string) => {
    const { [binding]: _, ...rest } = own;
    keepKeys(rest);
  };
  return (
    <div>
      <div className={styles.bar}>
        <p>Choose a key and press the new one. Keys are kept in this browser only.</p>
        <Button
          variant="default"
          size="xs"
          disabled={Object.keys(own).length === 0}
          onClick={() => keepKeys({})}
        >
          All as usual
        </Button>
        <Button size="xs" onClick={done}>
          Done
        </Button>
      </div>
      <div className={styles.groups}>
        {groups.map((group) => (
          <section key={group.title} className={styles.group}>
            <h2>{group.title}</h2>
            {group.rows.map((row) => {
              const { binding, text, keymap } = row;
              return (
                <div key={binding}>
                  <div className={styles.row}>
                    <span className={styles.rowText} title={text}>
                      {text}
                    </span>
                    {own[binding] && (
                      <Tooltip label="As usual">
                        <ActionIcon
                          variant="subtle"
                          color="gray"
                          aria-label={`The usual key of ${text}`}
                          onClick={() => reset(binding)}
                        >
                          <IconArrowBackUp size={16} />
                        </ActionIcon>
                      </Tooltip>
                    )}
                    <button
                      type="button"
                      className={styles.keyButton}
                      data-listening={waiting === binding || undefined}
                      onClick={() => {
                        setAsked(null);
                        wait(waiting === binding ? null : binding);
                      }}
                      onKeyDown={(event) => hear(row, event)}
                      onBlur={() => waiting === binding && wait(null)}
                    >
                      <span className="visually-hidden">Key of {text}: </span>
                      {waiting === binding ? "Press a key" : <Keys keymap={keymap} of={binding} />}
                    </button>
                  </div>
                  {asked?.row.binding === binding && <Question asked={asked} answer={answer} />}
                </div>
              );
            })}
          </section>
        ))}
      </div>
    </div>
  );
}

function Keys({ keymap, of }: { keymap: Keymap; of: string }) {
  const keys = keymap.keysOf(of);
  if (keys.length === 0) return <>no key</>;
  return (
    <>
      {keys.map((chord) => (
        <Chord key={chord} of={chord} />
      ))}
    </>
  );
}

function Question({ asked, answer }: { asked: Asked; answer: (take: boolean) => void }) {
  const key = keysOfChord(asked.chord).map(keyName).join(" ");
  const words = asked.complaints.map((complaint) =>
    complaint.kind === "taken"
      ? `${key} is the key of “${textOf(complaint.by, asked.row.keymap.task)}”, which would lose it.`
      : `Browsers keep ${key} for themselves: it may never arrive here.`,
  );
  return (
    <div className={styles.question} role="alert">
      <span>{words.join(" ")}</span>
      <Button size="compact-xs" variant="default" onClick={() => answer(false)}>
        Leave it
      </Button>
      <Button size="compact-xs" onClick={() => answer(true)}>
        Take it
      </Button>
    </div>
  );
}

function useGroups() {
  const keymap = useKeymap();
  const reviewing = useKeymap("review");
  const suspecting = useKeymap("suspects");
  const reviews = mayBrowse(useQuery(sessionQuery).data);
  const classes = useQuery(projectQuery).data?.ontology.classes ?? [];
  const rows = new Map<string, Row[]>();
  const labelling = actionsFor(keymap.task, "label", keymap.media);
  const add = (id: ActionId, map: Keymap) => {
    const { group, text, fixed } = actionOf(id, keymap.task);
    if (!fixed) rows.set(group, [...(rows.get(group) ?? []), { binding: id, text, keymap: map }]);
  };
  for (const id of labelling) add(id, keymap);
  if (reviews) {
    const review = actionsFor(keymap.task, "review", keymap.media);
    for (const id of review) if (!labelling.includes(id)) add(id, reviewing);
    for (const id of actionsFor(keymap.task, "suspects", keymap.media))
      if (![...labelling, ...review].includes(id)) add(id, suspecting);
  }
  if (keymap.task !== "regression" && classes.length > 0) {
    const named = classes.slice(0, CLASSES);
    const title = classes.length > CLASSES ? `The first ${CLASSES} classes` : "Classes";
    rows.set(
      title,
      named.map(({ name }) => ({ binding: classBinding(name), text: name, keymap })),
    );
  }
  return Array.from(rows, ([title, found]) => ({ title, rows: found }));
}

function textOf(binding: string, task: Task): string {
  const id = ACTION_IDS.find((other) => other === binding);
  return id ? actionOf(id, task).text : binding.replace(/^class:/, "");
}
