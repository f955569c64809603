/** All keys on one sheet, opened with `?`. */
import { ActionIcon, Modal, Tooltip } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { Key } from "../parts/Key";
import styles from "./shell.module.css";

const SHEET: { title: string; rows: [string[], string][] }[] = [
  {
    title: "Everywhere",
    rows: [
      [["mod", "K"], "Find a page, a class or an action"],
      [["?"], "This sheet"],
      [["G", "H"], "Go to Home"],
      [["G", "C"], "Go to Catalog"],
      [["G", "L"], "Go to Label"],
      [["G", "R"], "Go to Rounds"],
    ],
  },
  {
    title: "Label",
    rows: [
      [["1"], "The class whose key it is (1 to 9, 0, then letters)"],
      [["Enter"], "Accept the suggestion"],
      [[" "], "Skip"],
      [["-"], "Cannot tell"],
      [["Backspace"], "Undo (also Ctrl Z, or U where no class has it)"],
      [["ArrowLeft"], "Look at the decision before"],
      [["ArrowRight"], "Forward again"],
      [["/"], "Search a class"],
    ],
  },
  {
    title: "Catalog",
    rows: [
      [["ArrowRight"], "Move through the grid"],
      [["Enter"], "Open the asset"],
      [["X"], "Select or unselect"],
      [["Shift"], "with a click or X: select a range"],
      [["A"], "Select all that match"],
      [["/"], "Search"],
      [["Escape"], "Close, then clear the selection"],
    ],
  },
];

type Props = { opened: boolean; open: () => void; close: () => void };

export function CheatSheet({ opened, open, close }: Props) {
  return (
    <>
      <Tooltip label="Keys (?)">
        <ActionIcon variant="subtle" color="gray" size={32} aria-label="Keys" onClick={open}>
          <IconKeyboard size={18} />
        </ActionIcon>
      </Tooltip>
      <Modal
        opened={opened}
        onClose={close}
        title="Keys"
        size={920}
        centered
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <div className={styles.sheet}>
          {SHEET.map((group) => (
            <section key={group.title}>
              <h2>{group.title}</h2>
              <dl>
                {group.rows.map(([keys, text]) => (
                  <div key={text}>
                    <dt>
                      {keys.map((key) => (
                        <Key key={key} of={key} />
                      ))}
                    </dt>
                    <dd>{text}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </Modal>
    </>
  );
}
