/** Above the grid: text search, how many there are, order, size, and the active filters as chips. */
import { ActionIcon, Button, NativeSelect, Slider, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import {
  IconChevronLeft,
  IconChevronRight,
  IconFilter,
  IconSearch,
  IconX,
} from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { ProjectInfo, Sort } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { count, percent, plural } from "../parts/format";
import type { ChangeSearch } from "./CatalogPage";
import styles from "./catalog.module.css";
import { FILTERS } from "./FacetPanel";
import { SaveSlice } from "./SaveSlice";
import { type CatalogSearch, SORTS, sortsOf } from "./search";
import { WINDOW } from "./useAssetWindow";

const ORDERS: Record<Sort, string> = {
  order: "As added",
  confidence: "Least confident first",
  "-confidence": "Most confident first",
  margin: "Closest call first",
  hardest: "Hardest first",
  newest_label: "Newest label first",
};

type Props = {
  search: CatalogSearch;
  change: ChangeSearch;
  project: ProjectInfo | undefined;
  total: number | null;
  windowSize: number;
  filtering: boolean;
  setFiltering: (on: boolean) => void;
  size: number;
  setSize: (size: number) => void;
};

export function QueryBar(props: Props) {
  const { search, change, total, windowSize, size, setSize } = props;
  const sort = search.sort ?? "order";
  // An order of the address is shown, whatever the task.
  const offered = SORTS.filter((one) => one === sort || sortsOf(props.project?.task).includes(one));
  return (
    <header className={styles.queryBar}>
      <div className={styles.queryRow}>
        <TextSearch value={search.q ?? ""} change={change} />
        <FiltersButton on={props.filtering} set={props.setFiltering} />
        <NativeSelect
          data={offered.map((value) => ({ value, label: ORDERS[value] }))}
          value={sort}
          onChange={(event) => change({ sort: event.currentTarget.value as Sort })}
          aria-label="Order"
          className={styles.order}
        />
        <Tooltip label="Size of the thumbnails">
          <Slider
            className={styles.size}
            value={size}
            onChange={setSize}
            min={72}
            max={320}
            step={8}
            label={null}
            size="sm"
            thumbLabel="Size of the thumbnails"
          />
        </Tooltip>
      </div>
      <div className={styles.chipRow}>
        <strong data-testid="total">{total === null ? "…" : plural(total, "asset")}</strong>
        <Chips search={search} change={change} />
        <SaveSlice search={search} />
        {total !== null && total > WINDOW && (
          <Pager from={search.from ?? 0} total={total} windowSize={windowSize} change={change} />
        )}
      </div>
    </header>
  );
}

/** On a narrow screen the filters wait behind it; it has focus again when they are closed. */
function FiltersButton({ on, set }: { on: boolean; set: (on: boolean) => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const was = useRef(on);
  useEffect(() => {
    if (was.current && !on) button.current?.focus();
    was.current = on;
  }, [on]);
  return (
    <Button
      ref={button}
      className={styles.filters}
      variant="default"
      px={12}
      leftSection={<IconFilter size={16} />}
      aria-expanded={on}
      aria-controls={FILTERS}
      onClick={() => set(!on)}
    >
      Filters
    </Button>
  );
}

function TextSearch({ value, change }: { value: string; change: ChangeSearch }) {
  const [text, setText] = useState(value);
  const send = useDebouncedCallback((q: string) => change({ q: q || undefined }), 200);
  useEffect(() => setText(value), [value]);
  return (
    <TextInput
      id="catalog-text"
      className={styles.textSearch}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        send(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
      placeholder="Search names and texts"
      aria-label="Search names and texts"
      leftSection={<IconSearch size={16} />}
      rightSection={<kbd>/</kbd>}
    />
  );
}

function Chips({ search, change }: { search: CatalogSearch; change: ChangeSearch }) {
  const without = <T extends string>(list: T[] | undefined, name: T) => {
    const rest = list?.filter((item) => item !== name);
    return rest?.length ? rest : undefined;
  };
  return (
    <>
      {search.state && (
        <Chip
          text={
            search.state === "labeled"
              ? "labelled"
              : search.state === "unlabeled"
                ? "no label"
                : search.state
          }
          off={() => change({ state: undefined })}
        />
      )}
      {search.label?.map((name) => (
        <Chip
          key={`l${name}`}
          text={`label ${name}`}
          off={() => change({ label: without(search.label, name) })}
        >
          <ClassChip name={name} />
        </Chip>
      ))}
      {search.predicted?.map((name) => (
        <Chip
          key={`p${name}`}
          text={`predicted ${name}`}
          off={() => change({ predicted: without(search.predicted, name) })}
        >
          <ClassChip name={name} hollow />
        </Chip>
      ))}
      {(search.min !== undefined || search.max !== undefined) && (
        <Chip
          text={`confidence ${percent(search.min ?? 0, 0)} to ${percent(search.max ?? 1, 0)}`}
          off={() => change({ min: undefined, max: undefined })}
        />
      )}
      {search.difficulty?.map((word) => (
        <Chip
          key={`d${word}`}
          text={word}
          off={() => change({ difficulty: without(search.difficulty, word) })}
        />
      ))}
      {search.disagree && (
        <Chip text="model disagrees" off={() => change({ disagree: undefined })} />
      )}
      {search.arm && <Chip text={`${search.arm} set`} off={() => change({ arm: undefined })} />}
      {search.round !== undefined && (
        <Chip text={`round ${search.round}`} off={() => change({ round: undefined })} />
      )}
      {search.slice && (
        <Chip text={`slice ${search.slice}`} off={() => change({ slice: undefined })} />
      )}
      {search.where?.map((one) => (
        <Chip
          key={`w${one}`}
          text={one.replace("=", " is ")}
          off={() => change({ where: without(search.where, one) })}
        />
      ))}
      {search.q && <Chip text={`“${search.q}”`} off={() => change({ q: undefined })} />}
    </>
  );
}

type ChipProps = { text: string; off: () => void; children?: React.ReactNode };

function Chip({ text, off, children }: ChipProps) {
  return (
    <span className={styles.filterChip}>
      {children ?? text}
      <button type="button" onClick={off} aria-label={`Remove the filter ${text}`}>
        <IconX size={12} aria-hidden="true" />
      </button>
    </span>
  );
}

type PagerProps = { from: number; total: number; windowSize: number; change: ChangeSearch };

function Pager({ from, total, windowSize, change }: PagerProps) {
  return (
    <span className={styles.pager}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={24}
        disabled={from === 0}
        aria-label="The window before"
        onClick={() => change({ from: Math.max(0, from - WINDOW) || undefined })}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      {count(from + 1)} to {count(from + windowSize)}
      <ActionIcon
        variant="subtle"
        color="gray"
        size={24}
        disabled={from + WINDOW >= total}
        aria-label="The next window"
        onClick={() => change({ from: from + WINDOW })}
      >
        <IconChevronRight size={16} />
      </ActionIcon>
    </span>
  );
}
