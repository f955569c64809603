/** One asset with its label and what both models say of it, drawn over each other. */
import { ActionIcon, Skeleton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { assetQuery } from "../api/queries";
import type { Comparison, Value } from "../api/types";
import { className } from "../api/types";
import { isMarked, Marked } from "../marks/Marked";
import { AssetView } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { count } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { sureOf, valueText } from "../parts/valueText";
import { toPositions } from "../spans/words";
import styles from "./compare.module.css";
import { bothQuery } from "./compareQueries";

type Props = { id: string; found: Comparison; confidence: number; close: () => void };

export function BothDrawer({ id, found, confidence, close }: Props) {
  const asset = useQuery(assetQuery(id));
  const both = useQuery(bothQuery(id, found.first.name, found.second.name));
  const error = asset.error ?? both.error;
  // Until the answer is there the one before stands in its place.
  const detail = asset.data?.asset.id === id ? asset.data : null;
  return (
    <aside className={styles.drawer} aria-label="Asset">
      <header className={styles.drawerHead}>
        <h2 title={id}>{id}</h2>
        <ActionIcon variant="subtle" color="gray" aria-label="Close the asset" onClick={close}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      {error && !(detail && both.data) ? (
        <ErrorNotice error={error} />
      ) : !detail || !both.data ? (
        <Skeleton height={320} radius={0} />
      ) : isMarked(both.data.second) ? (
        <Drawn
          key={id}
          id={id}
          text={detail.asset.text ?? ""}
          said={both.data}
          found={found}
          confidence={confidence}
        />
      ) : (
        <div className={styles.drawerBody}>
          <div className={styles.stage} data-media={detail.asset.media}>
            <AssetView asset={detail.asset} />
          </div>
          <dl className={styles.says}>
            <Says who="Label" value={both.data.truth} />
            <Says who={found.first.title} value={both.data.first} hollow />
            <Says who={found.second.title} value={both.data.second} hollow />
          </dl>
          <More id={id} />
        </div>
      )}
    </aside>
  );
}

type Said = { truth: Value | null; first: Value; second: Value };
type DrawnProps = { id: string; text: string; said: Said; found: Comparison; confidence: number };

function Drawn({ id, text, said, found, confidence }: DrawnProps) {
  const first = sureOf(said.first, confidence);
  const second = sureOf(said.second, confidence);
  return (
    <div className={styles.drawerBody}>
      <Marked
        id={id}
        text={text}
        label={said.truth}
        models={[
          { title: found.first.title, value: first },
          { title: found.second.title, value: second },
        ]}
      />
      <dl className={styles.says}>
        <Says who="Label" value={said.truth} text={text} />
        <Says who={found.first.title} value={first} text={text} hollow />
        <Says who={found.second.title} value={second} text={text} hollow />
      </dl>
      <More id={id} />
    </div>
  );
}

type SaysProps = { who: string; value: Value | null; text?: string; hollow?: boolean };

function Says({ who, value, text = "", hollow = false }: SaysProps) {
  return (
    <div>
      <dt>{who}</dt>
      <dd>
        <Words value={value} text={text} hollow={hollow} />
      </dd>
    </div>
  );
}

/** A class; the words that are marked; or how many boxes of each class. */
function Words({ value, text, hollow }: { value: Value | null; text: string; hollow: boolean }) {
  const name = className(value);
  if (name) return <ClassChip name={name} hollow={hollow} />;
  const chips: [string, string][] =
    value?.type === "spans"
      ? value.spans.map(({ name: of, span }) => {
          const { start, end } = toPositions(text, span);
          return [of, text.slice(start, end)];
        })
      : value?.type === "boxes"
        ? [...tally(value.boxes.map(({ name: of }) => of))].map(([of, n]) => [of, count(n)])
        : [];
  if (chips.length === 0) return valueText(value) ?? "no label";
  return (
    <ul className={styles.chips}>
      {chips.map(([of, word], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same word may be marked twice
        <li key={at}>
          <ClassChip name={of} hollow={hollow} /> <small>{word}</small>
        </li>
      ))}
    </ul>
  );
}

function tally(names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}

function More({ id }: { id: string }) {
  return (
    <p className={styles.more}>
      <Link to="/catalog" search={{ asset: id }} className={styles.link}>
        All about it in the catalog
      </Link>
    </p>
  );
}
