/** One label for all selected assets, asked as the task asks: a class, classes, a number, or none. */
import {
  Button,
  Combobox,
  MultiSelect,
  Popover,
  SegmentedControl,
  TextInput,
  useCombobox,
} from "@mantine/core";
import { IconTag } from "@tabler/icons-react";
import { type ReactNode, type Ref, useMemo, useState } from "react";
import type { Bulk } from "../api/actions";
import type { ProjectInfo, Value } from "../api/types";
import { searchClasses } from "../classes/searchClasses";
import { Swatch } from "../parts/ClassChip";
import { plural } from "../parts/format";
import { rangeText, readNumber } from "../parts/numberText";
import styles from "./catalog.module.css";

type Props = {
  project: ProjectInfo;
  /** How many assets are selected. */
  number: number;
  busy: boolean;
  choose: (value: Value, how?: Bulk) => void;
};

export function BulkLabel(props: Props) {
  switch (props.project.task) {
    case "classification":
      return <OneClass {...props} />;
    case "multi_label":
      return <Classes {...props} />;
    case "regression":
      return <OneNumber {...props} />;
    case "boxes":
      return <Nothing {...props} text="No boxes" value={{ type: "boxes", boxes: [] }} />;
    case "polygons":
      return <Nothing {...props} text="No polygons" value={{ type: "polygons", polygons: [] }} />;
    case "spans":
      return <Nothing {...props} text="No spans" value={{ type: "spans", spans: [] }} />;
  }
}

function OneClass({ project, busy, choose }: Props) {
  const [text, setText] = useState("");
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setText("");
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const found = searchClasses(project.ontology.classes, text).slice(0, 50);
  return (
    <Combobox
      store={combobox}
      width={240}
      position="top"
      onOptionSubmit={(name) => {
        choose({ type: "class", name });
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target withAriaAttributes={false}>
        <LabelAs busy={busy} click={() => combobox.toggleDropdown()} />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.updateSelectedOptionIndex();
          }}
          placeholder="Class"
          aria-label="Class for the selected assets"
        />
        <Combobox.Options mah={280} style={{ overflowY: "auto" }}>
          {found.map((item) => (
            <Combobox.Option value={item.name} key={item.name} className={styles.option}>
              <Swatch colour={item.colour} /> {item.name}
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>No class has this name</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

const EDITS: readonly { value: Bulk; label: string; say: string }[] = [
  {
    value: "add",
    label: "Add",
    say: "Each asset keeps what it has; one without a label gets just these",
  },
  { value: "remove", label: "Take away", say: "Each asset keeps its other classes" },
  { value: "replace", label: "Replace", say: "They replace what each asset has" },
];

/** Classes that are added to each asset's set, taken from it, or become all of it. */
function Classes({ project, number, busy, choose }: Props) {
  const [names, setNames] = useState<string[]>([]);
  const [how, setHow] = useState<Bulk>("add");
  const all = useMemo(
    () => project.ontology.classes.map(({ name }) => name),
    [project.ontology.classes],
  );
  const classes = plural(names.length, "class", "classes");
  const assets = plural(number, "asset");
  const submit = {
    add: `Add ${classes} to ${assets}`,
    remove: `Take ${classes} from ${assets}`,
    replace: `Give ${assets} ${names.length === 0 ? "none of the classes" : classes}`,
  }[how];
  return (
    <Asked
      busy={busy}
      submit={submit}
      value={() =>
        names.length === 0 && how !== "replace"
          ? null
          : { type: "classes", names: all.filter((name) => names.includes(name)) }
      }
      choose={(value) => choose(value, how)}
    >
      <MultiSelect
        label="Classes"
        description={EDITS.find(({ value }) => value === how)?.say}
        data={all}
        value={names}
        onChange={setNames}
        searchable
        limit={50}
        maxDropdownHeight={240}
        data-autofocus
        nothingFoundMessage="No class has this name"
        comboboxProps={{ withinPortal: false, position: "top" }}
      />
      <SegmentedControl
        aria-label="What becomes of the classes"
        size="xs"
        data={EDITS.map(({ value, label }) => ({ value, label }))}
        value={how}
        onChange={(value) => setHow(value as Bulk)}
      />
    </Asked>
  );
}

function OneNumber({ project, number, busy, choose }: Props) {
  const [text, setText] = useState("");
  const { limits } = project.ontology;
  const read = readNumber(text, limits);
  const said = read.number === null ? "a number" : `${read.number} ${limits.unit}`.trim();
  return (
    <Asked
      busy={busy}
      submit={`Give ${plural(number, "asset")} ${said}`}
      value={() => (read.number === null ? null : { type: "number", number: read.number })}
      choose={choose}
    >
      <TextInput
        label="Number"
        description={rangeText(limits)}
        inputMode="decimal"
        autoComplete="off"
        data-autofocus
        value={text}
        error={read.problem}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </Asked>
  );
}

type NothingProps = Props & { text: string; value: Value };

/** Shapes cannot be drawn for many at once, but there may be none on any of them. */
function Nothing({ busy, choose, text, value }: NothingProps) {
  return <LabelAs busy={busy} click={() => choose(value)} text={text} />;
}

type AskedProps = {
  busy: boolean;
  submit: string;
  /** Null while nothing can be sent. */
  value: () => Value | null;
  choose: (value: Value) => void;
  children: ReactNode;
};

/** A small form above the button. */
function Asked({ busy, submit, value, choose, children }: AskedProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="top"
      width={320}
      trapFocus
      returnFocus
      withRoles
      closeOnEscape={false}
    >
      <Popover.Target>
        <LabelAs busy={busy} click={() => setOpened(!opened)} />
      </Popover.Target>
      <Popover.Dropdown
        onKeyDownCapture={(event) => {
          // The first Escape is the list's, where one is open: what was chosen stays.
          if (event.key === "Escape" && !listIsOpen(event.target)) setOpened(false);
        }}
      >
        <form
          className={styles.bulk}
          onSubmit={(event) => {
            event.preventDefault();
            const wanted = value();
            if (wanted === null) return;
            setOpened(false);
            choose(wanted);
          }}
        >
          {children}
          <Button type="submit" size="sm" disabled={value() === null}>
            {submit}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Whether the field that has the focus shows its list of choices. */
function listIsOpen(target: EventTarget): boolean {
  return target instanceof Element && target.getAttribute("aria-expanded") === "true";
}

type LabelAsProps = {
  busy: boolean;
  click: () => void;
  text?: string;
  ref?: Ref<HTMLButtonElement>;
};

function LabelAs({ busy, click, text = "Label as…", ...target }: LabelAsProps) {
  return (
    <Button
      {...target}
      size="compact-sm"
      leftSection={<IconTag size={14} />}
      loading={busy}
      onClick={click}
    >
      {text}
    </Button>
  );
}
