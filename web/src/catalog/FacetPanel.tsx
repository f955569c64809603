/** Beside the grid: what can be narrowed, each choice with how many it holds. */
import { Button, ScrollArea, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { facetsQuery } from "../api/queries";
import { type Filter, isOneClass, type ProjectInfo } from "../api/types";
import { Swatch, useClassColour } from "../parts/ClassChip";
import { count, plural } from "../parts/format";
import type { ChangeSearch } from "./CatalogPage";
import { ConfidenceFilter } from "./ConfidenceFilter";
import styles from "./catalog.module.css";
import { ARMS, type CatalogSearch, DIFFICULTIES } from "./search";

const STATE_ROWS = [
  { value: undefined, key: "any", label: "All" },
  { value: "unlabeled", key: "unlabeled", label: "No label" },
  { value: "labeled", key: "labeled", label: "Labelled" },
  { value: "skipped", key: "skipped", label: "Skipped" },
] as const;

const ARM_NAMES = { active: "Chosen by strategy", control: "Random control", audit: "Audit set" };

const DIFFICULTY_NAMES = { easy: "Easy", medium: "Medium", hard: "Hard" };

/** The choices with one more or one fewer; undefined for none. */
function toggled<T extends string>(chosen: readonly T[] = [], word: T): T[] | undefined {
  const next = chosen.includes(word) ? chosen.filter((other) => other !== word) : [...chosen, word];
  return next.length ? next : undefined;
}

type Props = {
  search: CatalogSearch;
  filter: Filter;
  change: ChangeSearch;
  project: ProjectInfo | undefined;
  total: number | null;
  /** Where there is no room for both: whether the filters lie over the grid. */
  filtering: boolean;
  close: () => void;
};

/** The panel's id, for the button that opens it. */
export const FILTERS = "catalog-filters";

export function FacetPanel(props: Props) {
  const { search, filter, change, project, total, filtering, close } = props;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (filtering) panel.current?.focus();
  }, [filtering]);
  const facets = useQuery(facetsQuery(filter)).data;
  const names = project?.ontology.classes.map((item) => item.name) ?? [];
  const predicts = (facets?.confidence ?? []).some((bar) => bar > 0);
  const rated = DIFFICULTIES.some((word) => facets?.difficulty[word]);
  return (
    <aside ref={panel} id={FILTERS} className={styles.facets} aria-label="Filters" tabIndex={-1}>
      <ScrollArea className={styles.facetScroll} type="hover" scrollbarSize={8}>
        <div className={styles.facetList}>
          <Group title="State">
            {STATE_ROWS.map((row) => (
              <Choice
                key={row.key}
                on={search.state === row.value}
                text={row.label}
                number={row.value === undefined ? undefined : facets?.state[row.key]}
                toggle={() => change({ state: row.value })}
              />
            ))}
          </Group>
          {(predicts || search.min !== undefined || search.max !== undefined) && (
            <Group title="Confidence">
              <ConfidenceFilter bins={facets?.confidence ?? []} search={search} change={change} />
            </Group>
          )}
          {names.length > 0 && (
            <ClassGroup
              title="Label"
              names={names}
              chosen={search.label}
              counts={facets?.label}
              choose={(label) => change({ label })}
            />
          )}
          {(predicts || search.predicted) && (
            <ClassGroup
              title="Model says"
              hollow
              names={names}
              chosen={search.predicted}
              counts={facets?.predicted}
              choose={(predicted) => change({ predicted })}
            />
          )}
          {(predicts || rated || search.difficulty) && (
            <Group title="How hard it is">
              {DIFFICULTIES.map((word) => (
                <Choice
                  key={word}
                  on={search.difficulty?.includes(word) ?? false}
                  text={DIFFICULTY_NAMES[word]}
                  number={facets ? (facets.difficulty[word] ?? 0) : undefined}
                  toggle={() => change({ difficulty: toggled(search.difficulty, word) })}
                />
              ))}
            </Group>
          )}
          <Group title="Why it was asked">
            {ARMS.map((arm) => (
              <Choice
                key={arm}
                on={search.arm === arm}
                text={ARM_NAMES[arm]}
                toggle={() => change({ arm: search.arm === arm ? undefined : arm })}
              />
            ))}
          </Group>
          {((project && isOneClass(project)) || search.disagree) && (
            <Switch
              className={styles.disagree}
              size="xs"
              label="Model disagrees with label"
              checked={search.disagree ?? false}
              onChange={(event) => change({ disagree: event.currentTarget.checked || undefined })}
            />
          )}
        </div>
      </ScrollArea>
      <div className={styles.facetEnd}>
        <Button fullWidth onClick={close}>
          {total === null ? "Show the assets" : `Show ${plural(total, "asset")}`}
        </Button>
      </div>
    </aside>
  );
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className={styles.facet} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

type ChoiceProps = {
  on: boolean;
  text: string;
  number?: number | undefined;
  toggle: () => void;
  swatch?: React.ReactNode;
};

function Choice({ on, text, number, toggle, swatch }: ChoiceProps) {
  return (
    <button type="button" className={styles.choice} aria-pressed={on} onClick={toggle}>
      {swatch}
      <span className={styles.choiceText} title={text}>
        {text}
      </span>
      {number !== undefined && <span className={styles.choiceCount}>{count(number)}</span>}
    </button>
  );
}

type ClassGroupProps = {
  title: string;
  hollow?: boolean;
  names: string[];
  chosen: string[] | undefined;
  counts: Record<string, number> | undefined;
  choose: (names: string[] | undefined) => void;
};

const FEW = 12;

function ClassGroup({
  title,
  hollow = false,
  names,
  chosen = [],
  counts,
  choose,
}: ClassGroupProps) {
  const colour = useClassColour();
  const [all, setAll] = useState(false);
  const byCount =
    names.length <= FEW
      ? names
      : [...names].sort((a, b) => (counts?.[b] ?? 0) - (counts?.[a] ?? 0));
  const shown = byCount
    .filter((name, at) => all || at < FEW || chosen.includes(name))
    .slice(0, 300);
  const toggle = (name: string) => choose(toggled(chosen, name));
  return (
    <Group title={title}>
      {shown.map((name) => (
        <Choice
          key={name}
          on={chosen.includes(name)}
          text={name}
          number={counts ? (counts[name] ?? 0) : undefined}
          toggle={() => toggle(name)}
          swatch={<Swatch colour={colour(name)} hollow={hollow} />}
        />
      ))}
      {names.length > FEW && (
        <button type="button" className={styles.more} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${count(names.length)} classes`}
        </button>
      )}
    </Group>
  );
}
