/** All keys on one sheet, opened with `?`; those of the labelling page are changed from here. */
import { ActionIcon, Button, Modal, Tooltip } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { sessionQuery } from "../api/queries";
import { type Me, mayBrowse, mayManage } from "../api/types";
import { actionOf, actionsFor, MARKED } from "../keys/actions";
import { Chord } from "../keys/Chord";
import { KeyEditor } from "../keys/KeyEditor";
import type { Keymap } from "../keys/keymap";
import { useKeymap } from "../keys/keyStore";
import { Key } from "../parts/Key";
import { pagesFor } from "./pages";
import styles from "./shell.module.css";

type Row = { keys: ReactNode; text: string };
type Group = { title: string; rows: Row[] };

const EVERYWHERE: [string[], string][] = [
  [["mod", "K"], "Find a page, an action, a class, a slice or an asset"],
  [["?"], "This sheet"],
];

const CATALOG: [string[], string][] = [
  [["ArrowRight"], "Move through the grid"],
  [["Enter"], "Open the asset"],
  [["X"], "Select or unselect"],
  [["Shift"], "with a click or X: select a range"],
  [["A"], "Select all that match"],
  [["L"], "Label what is selected"],
  [["S"], "Skip what is selected"],
  [["U"], "Undo the last label or skip of many"],
  [["/"], "Search"],
  [["Escape"], "Close, then clear the selection"],
];

const DIAGNOSE: [string[], string][] = [
  [["ArrowRight"], "Move through the confusion matrix"],
  [["Enter"], "Open the assets of a cell"],
  [["B"], "The next batch from the cell, or from the first finding"],
  [["Escape"], "Close the asset, then the cell"],
];

const ROUNDS: [string[], string][] = [
  [["C"], "Compare two rounds"],
  [["X"], "Compare them the other way round"],
  [["1"], "Newly wrong; 2 newly right, 3 most wrong, 4 least sure"],
  [["B"], "The next batch from the open gallery"],
];

const EXPERIMENT: [string[], string][] = [[["E"], "Run the experiment"]];

const CLASSES: [string[], string][] = [
  [["ArrowDown"], "Move through the classes"],
  [["X"], "Choose it too; Shift and an arrow: a range"],
  [["N"], "Add a class"],
  [["R"], "Rename the chosen one"],
  [["M"], "Merge the chosen ones"],
  [["S"], "Split the chosen one"],
  [["D"], "Retire the chosen one"],
];

const AUTO_LABEL: [string[], string][] = [
  [["ArrowRight"], "Move the promise, when the line has the focus"],
  [["P"], "Work out what can be promised"],
  [["A"], "Accept the proposal"],
  [["U"], "Ask people about more of what was accepted"],
  [["R"], "Roll back the newest set, a broken one first"],
];

const GUESSES: [string[], string][] = [
  [["1"], "The tile in focus shows the class whose key it is"],
  [["ArrowRight"], "Move through the assets"],
  [["PageDown"], "Other assets"],
  [["mod", "Enter"], "Guess"],
];

type Props = { opened: boolean; open: () => void; close: () => void };

export function CheatSheet({ opened, open, close }: Props) {
  const [changing, setChanging] = useState(false);
  const [listening, setListening] = useState(false);
  return (
    <>
      <Tooltip label="Keys (?)">
        <ActionIcon variant="subtle" color="gray" size={32} aria-label="Keys" onClick={open}>
          <IconKeyboard size={18} />
        </ActionIcon>
      </Tooltip>
      <Modal
        opened={opened}
        onClose={() => {
          setChanging(false);
          close();
        }}
        closeOnEscape={!listening}
        title={changing ? "Change keys" : "Keys"}
        size={920}
        centered
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {changing ? (
          <KeyEditor done={() => setChanging(false)} listening={setListening} />
        ) : (
          <Sheet change={() => setChanging(true)} />
        )}
      </Modal>
    </>
  );
}

function Sheet({ change }: { change: () => void }) {
  const me = useQuery(sessionQuery).data;
  const labelling = useKeymap();
  const reviewing = useKeymap("review");
  const suspecting = useKeymap("suspects");
  const groups: Group[] = [
    { title: "Everywhere", rows: [...EVERYWHERE, ...places(me)].map(fixed) },
    ...labelGroups(labelling),
    ...(mayBrowse(me) ? [reviewGroup(reviewing), suspectsGroup(suspecting)] : []),
    ...(mayBrowse(me) ? [{ title: "Catalog", rows: CATALOG.map(fixed) }] : []),
    ...(mayBrowse(me) ? [{ title: "Rounds", rows: ROUNDS.map(fixed) }] : []),
    ...(mayBrowse(me) ? [{ title: "Diagnose", rows: DIAGNOSE.map(fixed) }] : []),
    ...(mayManage(me) ? [{ title: "Experiment", rows: EXPERIMENT.map(fixed) }] : []),
    ...(mayManage(me) ? [{ title: "Auto-label", rows: AUTO_LABEL.map(fixed) }] : []),
    ...(mayManage(me) ? [{ title: "First guesses", rows: GUESSES.map(fixed) }] : []),
    ...(mayManage(me) ? [{ title: "Settings", rows: CLASSES.map(fixed) }] : []),
  ];
  return (
    <>
      <div className={styles.sheetBar}>
        <Button variant="default" size="xs" onClick={change}>
          {mayBrowse(me)
            ? "Change the keys for labelling and reviewing"
            : "Change the keys for labelling"}
        </Button>
      </div>
      <div className={styles.sheet}>
        {groups.map((group) => (
          <section key={group.title}>
            <h2>{group.title}</h2>
            <dl>
              {group.rows.map(({ keys, text }) => (
                <div key={text}>
                  <dt>{keys}</dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </>
  );
}

/** The actions of the project's task with the keys that hold in this browser. */
function labelGroups(keymap: Keymap): Group[] {
  const groups = new Map<string, Row[]>();
  if (keymap.task !== "regression")
    groups.set("Label", [
      { keys: <Key of="1" />, text: "The class whose key it is (1 to 9, 0, then letters)" },
    ]);
  let arrows = false;
  for (const id of actionsFor(keymap.task, "label", keymap.media)) {
    const { group, text, fixed: isFixed } = actionOf(id, keymap.task);
    const chord = keymap.keysOf(id)[0];
    if (isFixed) arrows = true;
    else if (chord !== undefined)
      groups.set(group, [...(groups.get(group) ?? []), { keys: <Chord of={chord} />, text }]);
  }
  const marks = groups.get(MARKED[keymap.task] ?? "");
  if (arrows && marks)
    marks.unshift({
      keys: <Key of="ArrowRight" />,
      text:
        keymap.task === "spans"
          ? "Word by word; with Shift one more word"
          : "Move it; with Shift by ten, with Ctrl its size",
    });
  return Array.from(groups, ([title, rows]) => ({ title, rows }));
}

/** What the review page adds; it shares undo, search and looking with the labelling page. */
function reviewGroup(keymap: Keymap): Group {
  const rows: Row[] = [];
  if (keymap.task === "classification")
    rows.push({ keys: <Key of="1" />, text: "Fix it to the class whose key it is" });
  for (const id of actionsFor(keymap.task, "review", keymap.media)) {
    const chord = keymap.keysOf(id)[0];
    if (chord !== undefined && actionOf(id, keymap.task).group === "Review")
      rows.push({ keys: <Chord of={chord} />, text: actionOf(id, keymap.task).text });
  }
  return { title: "Review", rows };
}

/** The gallery of suspects has the keys of review, for many labels at once. */
function suspectsGroup(keymap: Keymap): Group {
  const said = [
    ["fix", "Fix it to what models say"],
    ["approve", "Keep the label"],
    ["send_back", "Ask somebody else"],
    ["choose", actionOf("choose", keymap.task).text],
    ["pass", "On to the next that nobody has decided"],
  ] as const;
  const rows = said.map(([id, text]) => ({ keys: <Chord of={keymap.keysOf(id)[0]} />, text }));
  return { title: "Suspects", rows };
}

function places(me: Me | undefined): [string[], string][] {
  return pagesFor(me).map(({ key, label }) => [["G", key.toUpperCase()], `Go to ${label}`]);
}

function fixed([keys, text]: [string[], string]): Row {
  return { keys: keys.map((key) => <Key key={key} of={key} />), text };
}
