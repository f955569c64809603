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
import { type ReactNode, type Ref, useEffect, useMemo, useState } from "react";
import type { ProjectInfo, Value } from "../api/types";
import { searchClasses } from "../classes/searchClasses";
import { Swatch } from "../parts/ClassChip";
import { plural } from "../parts/format";
import { Key } from "../parts/Key";
import { rangeText, readNumber } from "../parts/numberText";
import type { Edit } from "./bulk";
import styles from "./catalog.module.css";

type Props = {
  project: ProjectInfo;
  /** How many assets are selected. */
  number: number;
  busy: boolean;
  choose: (value: Value, how?: Edit) => void;
  /** The form is closed, whatever came of it. */
  closed: () => void;
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

function OneClass({ project, busy, choose, closed }: Props) {
  const [text, setText] = useState("");
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setText("");
      closed();
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const found = searchClasses(project.ontology.classes, text).slice(0, 50);
  const { selectFirstOption, resetSelectedOption } = combobox;
  const best = text ? found[0]?.name : undefined;
  // Enter takes the class that fits best; without a text it takes none.
  useEffect(() => {
    if (best === undefined) resetSelectedOption();
    else selectFirstOption();
  }, [best, selectFirstOption, resetSelectedOption]);
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
        <LabelAs
          busy={busy}
          asks
          opened={combobox.dropdownOpened}
          click={() => combobox.toggleDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
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

const EDITS: readonly { value: Edit; label: string; say: string }[] = [
  {
    value: "add",
    label: "Add",
    say: "Each asset keeps what it has; one without a label gets just these",
  },
  { value: "remove", label: "Take away", say: "Each asset keeps its other classes" },
  { value: "replace", label: "Replace", say: "They replace what each asset has" },
];

/** Classes that are added to each asset's set, taken from it, or become all of it. */
function Classes({ project, number, busy, choose, closed }: Props) {
  const [names, setNames] = useState<string[]>([]);
  const [how, setHow] = useState<Edit>("add");
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
      closed={closed}
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
        onChange={(value) => setHow(value as Edit)}
      />
    </Asked>
  );
}

function OneNumber({ project, number, busy, choose, closed }: Props) {
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
      closed={closed}
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
  closed: () => void;
  children: ReactNode;
};

/** A small form above the button. */
function Asked({ busy, submit, value, choose, closed, children }: AskedProps) {
  const [opened, setOpened] = useState(false);
  const close = () => {
    setOpened(false);
    closed();
  };
  return (
    <Popover
      opened={opened}
      onChange={(on) => (on ? setOpened(true) : close())}
      position="top"
      width={320}
      trapFocus
      withRoles
      closeOnEscape={false}
    >
      <Popover.Target>
        <LabelAs
          busy={busy}
          asks
          opened={opened}
          click={() => (opened ? close() : setOpened(true))}
        />
      </Popover.Target>
      <Popover.Dropdown
        onKeyDownCapture={(event) => {
          // The first Escape is the list's, where one is open: what was chosen stays.
          if (event.key === "Escape" && !listIsOpen(event.target)) close();
        }}
      >
        <form
          className={styles.bulk}
          onSubmit={(event) => {
            event.preventDefault();
            const wanted = value();
            if (wanted === null) return;
            close();
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
  /** Whether a form opens, rather than the label being given. */
  asks?: boolean;
  opened?: boolean;
  ref?: Ref<HTMLButtonElement>;
};

function LabelAs(props: LabelAsProps) {
  const { busy, click, text = "Label as…", asks = false, opened = false, ...target } = props;
  return (
    <Button
      {...target}
      data-bulk={asks ? "asks" : "gives"}
      data-opened={opened || undefined}
      size="compact-sm"
      leftSection={<IconTag size={14} />}
      loading={busy}
      onClick={click}
    >
      {text} <Key of="L" />
    </Button>
  );
}
