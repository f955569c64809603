/** The classes with their keys and labels: searched, walked by arrows, ten thousand as fluid as ten. */
import { Button, TextInput } from "@mantine/core";
import { IconCheck, IconPlus, IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "react";
import type { ClassDefinition } from "../api/types";
import { searchClasses } from "../classes/searchClasses";
import { Chord } from "../keys/Chord";
import { Swatch } from "../parts/ClassChip";
import { count, plural } from "../parts/format";
import { Key } from "../parts/Key";
import styles from "./ontology.module.css";
import { type How, howOf } from "./picking";

const ROW = 40;
const SCREEN = 12;

type Props = {
  classes: readonly ClassDefinition[];
  labels: Readonly<Record<string, number>>;
  chosen: ReadonlySet<string>;
  pick: (shown: readonly string[], name: string, how: How) => void;
  add: () => void;
  searchRef: RefObject<HTMLInputElement | null>;
};

export function ClassTable(props: Props) {
  const { classes, labels, chosen } = props;
  const [text, setText] = useState("");
  const found = useMemo(() => searchClasses(classes, text), [classes, text]);
  const names = useMemo(() => found.map(({ name }) => name), [found]);
  const list = useRows(names);

  const press = (event: KeyboardEvent) => {
    const to = list.target(event.key);
    if (to !== null) {
      list.go(to);
      const name = names[to];
      if (event.shiftKey && name !== undefined) props.pick(names, name, "range");
    } else if (event.key === "x" || event.key === "X") {
      const name = names[list.at];
      if (name !== undefined) props.pick(names, name, "switch");
    } else return;
    event.preventDefault();
  };

  return (
    <section className={styles.classes} aria-label="Classes">
      <div className={styles.tools}>
        <TextInput
          ref={props.searchRef}
          className={styles.search}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            list.setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") setText("");
            if (event.key !== "ArrowDown" && event.key !== "Enter") return;
            event.preventDefault();
            list.go(0);
          }}
          placeholder={`Search ${plural(classes.length, "class", "classes")}`}
          aria-label="Search a class"
          leftSection={<IconSearch size={16} />}
          rightSection={<Key of="/" />}
        />
        <Button
          variant="default"
          leftSection={<IconPlus size={16} />}
          rightSection={<Key of="N" />}
          onClick={props.add}
        >
          Add a class
        </Button>
      </div>
      <div className={styles.scroll} ref={list.scroll} data-testid="ontology-classes">
        {found.length === 0 && (
          <p className={styles.none}>
            {classes.length === 0 ? "There is no class yet: add the first one." : "No such class."}
          </p>
        )}
        <ul className={styles.rows} style={{ height: list.rows.getTotalSize() }} onKeyDown={press}>
          {list.rows.getVirtualItems().map((row) => {
            const entry = found[row.index];
            if (!entry) return null;
            return (
              <li
                key={row.key}
                className={styles.row}
                data-chosen={chosen.has(entry.name) || undefined}
                style={{ height: row.size, transform: `translateY(${row.start}px)` }}
              >
                <Row
                  entry={entry}
                  number={labels[entry.name] ?? 0}
                  chosen={chosen.has(entry.name)}
                  choosing={chosen.size > 0}
                  reachable={row.index === list.at}
                  at={row.index}
                  pick={(how) => {
                    list.setAt(row.index);
                    props.pick(names, entry.name, how);
                  }}
                />
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}

type RowProps = {
  entry: ClassDefinition;
  number: number;
  chosen: boolean;
  choosing: boolean;
  reachable: boolean;
  at: number;
  pick: (how: How) => void;
};

function Row({ entry, number, chosen, pick, ...props }: RowProps) {
  const { name } = entry;
  return (
    <>
      <button
        type="button"
        className={styles.check}
        data-shown={props.choosing || undefined}
        aria-pressed={chosen}
        aria-label={`Choose also ${name}`}
        tabIndex={-1}
        onClick={(event) => pick(event.shiftKey ? "range" : "switch")}
      >
        <IconCheck size={12} stroke={3} aria-hidden="true" />
      </button>
      <button
        type="button"
        className={styles.class}
        aria-pressed={chosen}
        title={entry.description || name}
        tabIndex={props.reachable ? 0 : -1}
        data-at={props.at}
        data-name={name}
        onClick={(event) => pick(howOf(event))}
      >
        <Swatch colour={entry.colour} />
        <span className={styles.name}>{name}</span>
        <Chord of={entry.hotkey ?? undefined} />
      </button>
      {number > 0 ? (
        <Link
          className={styles.number}
          to="/catalog"
          search={{ label: [name] }}
          tabIndex={props.reachable ? 0 : -1}
          aria-label={`Show ${plural(number, "label")} of ${name}`}
        >
          {count(number)}
        </Link>
      ) : (
        <span className={styles.number} data-quiet={number === 0 || undefined}>
          {count(number)}
        </span>
      )}
    </>
  );
}

/** The rows in sight, and the one that the Tab key reaches; arrows move the focus with it. */
function useRows(names: readonly string[]) {
  const scroll = useRef<HTMLDivElement>(null);
  const [place, setAt] = useState(0);
  const wanted = useRef(false);
  const at = Math.min(place, Math.max(0, names.length - 1));
  const rows = useVirtualizer({
    count: names.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    getItemKey: (index) => names[index] ?? index,
    overscan: 8,
    initialRect: { width: 480, height: 640 },
  });
  useEffect(() => {
    if (!wanted.current) return;
    const button = scroll.current?.querySelector<HTMLElement>(`[data-at="${at}"]`);
    if (!button) return;
    wanted.current = false;
    button.focus({ preventScroll: true });
  });
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  const go = (to: number) => {
    wanted.current = names.length > 0;
    setAt(to);
    rows.scrollToIndex(to);
    drawAgain();
  };
  const target = (key: string): number | null => {
    const steps: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -SCREEN,
      PageDown: SCREEN,
      Home: -names.length,
      End: names.length,
    };
    const step = steps[key];
    if (step === undefined) return null;
    return Math.max(0, Math.min(names.length - 1, at + step));
  };
  return { rows, scroll, at, setAt, go, target };
}
