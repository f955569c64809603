/** The classes with their keys: searched, the last used on top, ten thousand as fluid as ten. */
import { ActionIcon, TextInput } from "@mantine/core";
import { IconCheck, IconEye, IconEyeOff, IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { ClassDefinition } from "../api/types";
import { Chord } from "../keys/Chord";
import { classBinding, type Keymap } from "../keys/keymap";
import { Swatch } from "../parts/ClassChip";
import { plural } from "../parts/format";
import styles from "./classes.module.css";
import { remember, useRecents } from "./recents";
import { searchClasses } from "./searchClasses";

/** With more classes than this the search field stays, and the last used come first. */
const MANY = 10;
const ROW = 40;
const HEAD = 28;

export type ClassListProps = {
  scope: string;
  classes: readonly ClassDefinition[];
  keymap: Keymap;
  disabled: boolean;
  /** The classes that hold or are suggested, with how sure that is. */
  marked: ReadonlyMap<string, number | null>;
  /** Whether a class is switched on and off rather than chosen. */
  toggles?: boolean;
  flash?: string | null;
  counts?: ReadonlyMap<string, number>;
  hidden?: ReadonlySet<string>;
  hide?: (name: string) => void;
  searchRef: RefObject<HTMLInputElement | null>;
  choose: (name: string) => void;
};

type Line = { head: string } | { entry: ClassDefinition; recent: boolean };

export function ClassList(props: ClassListProps) {
  const { classes, scope, disabled } = props;
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const few = classes.length <= MANY;
  const lines = useLines(classes, scope, text);
  const found = lines.filter((line) => "entry" in line);
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => (lines[index] && "head" in lines[index] ? HEAD : ROW),
    getItemKey: (index) => keyOf(lines[index]),
    overscan: 8,
    initialRect: { width: 240, height: 600 },
  });
  const choose = (name: string) => {
    setText("");
    setAt(0);
    if (few) props.searchRef.current?.blur();
    else remember(scope, name);
    props.choose(name);
  };
  useEffect(() => {
    if (text) rows.scrollToIndex(at);
  }, [text, at, rows]);

  return (
    <>
      <TextInput
        ref={props.searchRef}
        className={few ? `${styles.search} ${styles.few}` : styles.search}
        tabIndex={few ? -1 : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        // Out of sight it must not go on narrowing what is in sight.
        onBlur={() => few && setText("")}
        onKeyDown={(event) => {
          const picked = found[at];
          if (event.key === "Escape") {
            setText("");
            event.currentTarget.blur();
          } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const next = at + (event.key === "ArrowDown" ? 1 : -1);
            setAt(Math.max(0, Math.min(found.length - 1, next)));
          } else if (event.key === "Enter" && picked && !disabled) {
            event.preventDefault();
            event.currentTarget.blur();
            choose(picked.entry.name);
          }
        }}
        placeholder={plural(classes.length, "class", "classes")}
        aria-label="Search a class"
        leftSection={<IconSearch size={16} />}
        rightSection={<Chord of={props.keymap.keysOf("search")[0]} />}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only leaves the focus where it is */}
      <div
        className={styles.scroll}
        ref={scroll}
        data-testid="classes"
        // Else nothing in it takes the focus, and no key could scroll it.
        tabIndex={disabled ? 0 : undefined}
        onMouseDown={(event) => {
          // The field would close, and another class be under the pointer when it lets go.
          const { current } = props.searchRef;
          if (few && current === document.activeElement) event.preventDefault();
        }}
      >
        {found.length === 0 ? (
          <p className={styles.none}>
            {classes.length === 0 ? "This project has no classes yet" : "No class has this name"}
          </p>
        ) : (
          <ul className={styles.list} style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((row) => {
              const line = lines[row.index];
              if (!line) return null;
              return (
                <li
                  key={row.key}
                  className={styles.line}
                  style={{ height: row.size, transform: `translateY(${row.start}px)` }}
                >
                  {"head" in line ? (
                    <span className={styles.head}>{line.head}</span>
                  ) : (
                    <ClassRow
                      {...props}
                      choose={choose}
                      entry={line.entry}
                      picked={text !== "" && found[at] === line}
                    />
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </>
  );
}

function useLines(classes: readonly ClassDefinition[], scope: string, text: string): Line[] {
  const recents = useRecents(scope);
  return useMemo(() => {
    const found = searchClasses(classes, text).map((entry): Line => ({ entry, recent: false }));
    if (text.trim() || classes.length <= MANY || recents.length === 0) return found;
    const byName = new Map(classes.map((entry) => [entry.name, entry]));
    const last = recents.flatMap((name): Line[] => {
      const entry = byName.get(name);
      return entry ? [{ entry, recent: true }] : [];
    });
    if (last.length === 0) return found;
    return [{ head: "Last used" }, ...last, { head: "All classes" }, ...found];
  }, [classes, recents, text]);
}

function keyOf(line: Line | undefined): string {
  if (!line) return "";
  if ("head" in line) return `head ${line.head}`;
  return `${line.recent ? "recent" : "class"} ${line.entry.name}`;
}

type RowProps = ClassListProps & { entry: ClassDefinition; picked: boolean };

function ClassRow(props: RowProps) {
  const { entry, marked, toggles } = props;
  const isMarked = marked.has(entry.name);
  const number = props.counts?.get(entry.name);
  const isHidden = props.hidden?.has(entry.name) ?? false;
  return (
    <div className={styles.row}>
      <button
        type="button"
        className={styles.class}
        data-marked={isMarked || undefined}
        data-picked={props.picked || undefined}
        data-flash={entry.name === props.flash || undefined}
        data-hidden={isHidden || undefined}
        aria-pressed={toggles ? isMarked : undefined}
        disabled={props.disabled}
        title={entry.description || entry.name}
        style={
          { "--class": entry.colour, "--share": marked.get(entry.name) ?? 0 } as React.CSSProperties
        }
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur();
          props.choose(entry.name);
        }}
      >
        <Swatch colour={entry.colour} hollow={toggles && !isMarked} />
        <span className={styles.name}>{entry.name}</span>
        {toggles && isMarked && <IconCheck size={16} stroke={2.5} aria-hidden="true" />}
        {number !== undefined && number > 0 && <span className={styles.count}>{number}</span>}
        <Chord of={props.keymap.keysOf(classBinding(entry.name))[0]} />
      </button>
      {props.hide && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size={32}
          aria-pressed={isHidden}
          aria-label={`Hide ${entry.name}`}
          onClick={(event) => {
            if (event.detail > 0) event.currentTarget.blur();
            props.hide?.(entry.name);
          }}
        >
          {isHidden ? <IconEyeOff size={16} /> : <IconEye size={16} />}
        </ActionIcon>
      )}
    </div>
  );
}
