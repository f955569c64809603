/** What a change would touch, in words and numbers; each number opens the assets behind it. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { changePreviewQuery } from "../api/queries";
import type { OntologyChange, OntologyPreview } from "../api/types";
import type { CatalogSearch } from "../catalog/search";
import { count, plural } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { namesOf } from "./draft";
import styles from "./ontology.module.css";

/** More names than this make no readable address. */
const LINKED = 40;
const LISTED = 6;

type Props = {
  /** Null while somebody still types. */
  change: OntologyChange | null;
  found: OntologyPreview | undefined;
  error: Error | null;
  browsable: boolean;
};

export function Preview({ change, found, error, browsable }: Props) {
  if (error) return <ErrorNotice error={error} />;
  return (
    <section className={styles.preview} aria-label="What it touches" aria-live="polite">
      {found ? (
        <Touched found={found} predicted={namesOf(change)} browsable={browsable} />
      ) : (
        <Skeleton height={96} radius="md" />
      )}
    </section>
  );
}

/**
 * What a change would touch. Not asked while it is `made`: its classes may be gone from the version
 * that is read next.
 */
export function useChangePreview(change: OntologyChange | null, version: number, made: boolean) {
  return useQuery({
    ...changePreviewQuery(change ?? { type: "revert", version }, version),
    enabled: change !== null && !made,
  });
}

type TouchedProps = {
  found: OntologyPreview;
  predicted: readonly string[];
  browsable: boolean;
};

function Touched({ found, predicted, browsable }: TouchedProps) {
  const names = Object.keys(found.by_class);
  const again = found.undecided;
  const search = browsable && isLinked(names) ? { label: names } : null;
  if (found.labels + found.predictions + found.models === 0)
    return <p>No label, no prediction and no model is touched.</p>;
  return (
    <>
      <dl className={styles.touched}>
        <Line number={found.labels} name="labels read in another way" search={search}>
          {names.length > 1 && <ByClass of={found.by_class} />}
        </Line>
        {again > 0 && (
          <Line number={again} name="asked again">
            {found.tasks > 0
              ? `${plural(found.tasks, "task")} now, the most doubtful first.`
              : "The next round asks for them, or they wait in the queue already."}
          </Line>
        )}
        {found.set_aside > 0 && (
          <Line number={found.set_aside} name="kept, but count no more">
            Nothing trains on them until you go back.
          </Line>
        )}
        {found.restored > 0 && <Line number={found.restored} name="count again" />}
        {found.predictions > 0 && (
          <Line
            number={found.predictions}
            name="predictions of the newest model"
            search={browsable && isLinked(predicted) ? { predicted: [...predicted] } : null}
          />
        )}
        {found.models > 0 && (
          <Line number={found.models} name={found.models === 1 ? "model" : "models"}>
            Their figures are read in the classes of then.
          </Line>
        )}
      </dl>
      <p className={styles.hint}>What people said stays as it is in the history.</p>
    </>
  );
}

function isLinked(names: readonly string[]): boolean {
  return names.length > 0 && names.length <= LINKED;
}

type LineProps = {
  number: number;
  name: string;
  search?: Pick<CatalogSearch, "label" | "predicted"> | null;
  children?: ReactNode;
};

function Line({ number, name, search, children }: LineProps) {
  return (
    <div>
      <dt>
        {search && number > 0 ? (
          <Link to="/catalog" search={search}>
            {count(number)}
          </Link>
        ) : (
          count(number)
        )}
      </dt>
      <dd>
        {name}
        {children && <div className={styles.hint}>{children}</div>}
      </dd>
    </div>
  );
}

function ByClass({ of }: { of: Readonly<Record<string, number>> }) {
  const rows = Object.entries(of);
  return (
    <>
      {rows.slice(0, LISTED).map(([name, number]) => (
        <span key={name} className={styles.byClass} title={name}>
          <span>{name}</span> {count(number)}
        </span>
      ))}
      {rows.length > LISTED && (
        <span>and {plural(rows.length - LISTED, "more class", "more classes")}</span>
      )}
    </>
  );
}
