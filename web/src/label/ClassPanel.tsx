/** The classes with their keys, a search for many, and the other things a person may say. */
import { Button, TextInput } from "@mantine/core";
import {
  IconArrowBackUp,
  IconHelpCircle,
  IconPlayerSkipForward,
  IconSearch,
} from "@tabler/icons-react";
import { type MouseEvent, type ReactNode, type RefObject, useMemo, useState } from "react";
import { type ClassDefinition, className } from "../api/types";
import { Swatch } from "../parts/ClassChip";
import { count } from "../parts/format";
import { Key } from "../parts/Key";
import { type Command, searchClasses } from "./keys";
import styles from "./label.module.css";
import type { Decision, Item } from "./session";

/** With more classes than this a search field helps; no list shows more rows than `MOST`. */
const MANY = 10;
const MOST = 100;

type Props = {
  classes: readonly ClassDefinition[];
  item: Item | null;
  edited: Decision | null;
  flash: string | null;
  canUndo: boolean;
  searchRef: RefObject<HTMLInputElement | null>;
  obey: (command: Command) => void;
};

export function ClassPanel(props: Props) {
  const { classes, item, edited, obey } = props;
  const [text, setText] = useState("");
  const found = useMemo(() => searchClasses(classes, text), [classes, text]);
  const marked = className(edited ? edited.value : item?.prelabel);
  const choose = (name: string) => {
    setText("");
    obey({ kind: "class", name });
  };
  return (
    <aside className={styles.panel} aria-label="Classes">
      {classes.length > MANY && (
        <TextInput
          ref={props.searchRef}
          className={styles.search}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            const first = found[0];
            if (event.key === "Escape") {
              setText("");
              event.currentTarget.blur();
            } else if (event.key === "Enter" && first && item) {
              event.preventDefault();
              event.currentTarget.blur();
              choose(first.name);
            }
          }}
          placeholder="Search a class"
          aria-label="Search a class"
          leftSection={<IconSearch size={16} />}
          rightSection={<Key of="/" />}
        />
      )}
      <ul className={styles.classes}>
        {found.slice(0, MOST).map((entry) => (
          <ClassRow
            key={entry.name}
            entry={entry}
            disabled={item === null}
            marked={entry.name === marked}
            share={entry.name === marked && !edited ? (item?.confidence ?? null) : null}
            flashing={entry.name === props.flash}
            choose={choose}
          />
        ))}
        {found.length > MOST && (
          <li className={styles.more}>{count(found.length - MOST)} more: type to search</li>
        )}
        {found.length === 0 && <li className={styles.more}>No class has this name</li>}
      </ul>
      <div className={styles.others}>
        <Other
          icon={<IconPlayerSkipForward size={16} />}
          text="Skip"
          keys=" "
          disabled={item === null}
          act={() => obey({ kind: "skip" })}
        />
        <Other
          icon={<IconHelpCircle size={16} />}
          text="Cannot tell"
          keys="-"
          disabled={item === null}
          act={() => obey({ kind: "cannot_tell" })}
        />
        <Other
          icon={<IconArrowBackUp size={16} />}
          text="Undo"
          keys="Backspace"
          disabled={!props.canUndo}
          act={() => obey({ kind: "undo" })}
        />
      </div>
    </aside>
  );
}

type RowProps = {
  entry: ClassDefinition;
  disabled: boolean;
  marked: boolean;
  share: number | null;
  flashing: boolean;
  choose: (name: string) => void;
};

function ClassRow({ entry, disabled, marked, share, flashing, choose }: RowProps) {
  return (
    <li>
      <button
        type="button"
        className={styles.classRow}
        data-marked={marked || undefined}
        data-flash={flashing || undefined}
        disabled={disabled}
        title={entry.description || entry.name}
        style={{ "--class": entry.colour, "--share": share ?? 0 } as React.CSSProperties}
        onClick={(event) => act(event, () => choose(entry.name))}
      >
        <Swatch colour={entry.colour} />
        <span className={styles.className}>{entry.name}</span>
        {entry.hotkey && <Key of={entry.hotkey} />}
      </button>
    </li>
  );
}

type OtherProps = {
  icon: ReactNode;
  text: string;
  keys: string;
  disabled: boolean;
  act: () => void;
};

function Other({ icon, text, keys, disabled, act: perform }: OtherProps) {
  return (
    <Button
      variant="subtle"
      color="gray"
      fullWidth
      justify="flex-start"
      size="sm"
      leftSection={icon}
      rightSection={<Key of={keys} />}
      disabled={disabled}
      classNames={{ root: styles.other, label: styles.otherLabel }}
      onClick={(event) => act(event, perform)}
    >
      {text}
    </Button>
  );
}

/** After a mouse click the focus leaves the button, so that Space and Enter mean the page again. */
function act(event: MouseEvent<HTMLButtonElement>, perform: () => void): void {
  if (event.detail > 0) event.currentTarget.blur();
  perform();
}
