/** One asset: itself large, its labels over time, predictions, why it was asked, its neighbours. */
import { ActionIcon, Skeleton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { assetQuery } from "../api/queries";
import type {
  Annotation,
  AssetCard,
  AssetDetail,
  PredictionView,
  Selected,
  Value,
} from "../api/types";
import { className } from "../api/types";
import { isMarked, Marked } from "../marks/Marked";
import { AssetView, Thumbnail } from "../parts/AssetView";
import { ClassChip, useClassColour } from "../parts/ClassChip";
import { ago, duration, percent, plural } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { openWords } from "../parts/useTexts";
import { HALF, saidText, sureOf, valueText } from "../parts/valueText";
import type { ChangeSearch } from "./CatalogPage";
import styles from "./catalog.module.css";
import { DoubtPart } from "./DoubtPart";

type Props = { id: string | null; change: ChangeSearch };

export function AssetDrawer({ id, change }: Props) {
  if (id === null) return null;
  return (
    <aside className={styles.drawer} aria-label="Asset">
      <header className={styles.drawerHead}>
        <h2 title={id}>{id}</h2>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Close the asset"
          onClick={() => change({ asset: undefined })}
        >
          <IconX size={18} />
        </ActionIcon>
      </header>
      <Body id={id} change={change} />
    </aside>
  );
}

function Body({ id, change }: { id: string; change: ChangeSearch }) {
  const { data, error } = useQuery(assetQuery(id));
  if (error && !data) return <ErrorNotice error={error} />;
  if (!data) return <Skeleton height={320} radius={0} />;
  return (
    <div className={styles.drawerBody} aria-busy={data.asset.id !== id}>
      <Shown detail={data} />
      <Standing detail={data} />
      {data.prediction && <Prediction prediction={data.prediction} />}
      {data.prediction && (
        <DoubtPart
          id={data.asset.id}
          model={data.prediction.model_id}
          classes={Object.keys(data.prediction.probabilities).length}
        />
      )}
      {data.says && <Said value={data.says} doubt={data.doubt ?? null} />}
      <Reasons selected={data.selected} />
      <History history={data.history} />
      <Neighbours detail={data} change={change} />
      <Facts detail={data} />
    </div>
  );
}

/** The asset itself, with what is marked on it. */
function Shown({ detail: { asset, label, says } }: { detail: AssetDetail }) {
  const marked = isMarked(label?.value) ? label.value : null;
  if (!marked && !isMarked(says))
    return (
      <div className={styles.drawerStage} data-media={asset.media}>
        <AssetView asset={asset} />
      </div>
    );
  return (
    <Marked
      key={asset.id}
      id={asset.id}
      text={asset.text ?? ""}
      label={marked}
      models={says ? [{ title: "Newest", value: sureOf(says, HALF) }] : []}
    />
  );
}

function Standing({ detail }: { detail: AssetDetail }) {
  const name = className(detail.label?.value);
  const action = detail.label?.action;
  const none =
    action === "skip" ? "Skipped" : action === "cannot_tell" ? "Cannot be told" : "No label";
  return (
    <p className={styles.standing}>
      {name ? (
        <ClassChip name={name} />
      ) : (
        <span className={styles.quiet}>{valueText(detail.label?.value) ?? none}</span>
      )}
      {detail.label && (
        <span className={styles.quiet}>
          by {detail.label.annotator}, {ago(detail.label.created_at)}
        </span>
      )}
    </p>
  );
}

function Prediction({ prediction }: { prediction: PredictionView }) {
  const colour = useClassColour();
  const rows = Object.entries(prediction.probabilities)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6);
  return (
    <section className={styles.part}>
      <h3>What the model says</h3>
      <ul className={styles.bars2}>
        {rows.map(([name, share]) => (
          <li key={name}>
            <span className={styles.barName} title={name}>
              {name}
            </span>
            <span className={styles.barTrack}>
              <span style={{ width: `${100 * share}%`, background: colour(name) }} />
            </span>
            <span className={styles.barShare}>{percent(share)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Said({ value, doubt }: { value: Value; doubt: AssetDetail["doubt"] }) {
  const hard = doubt?.objects.filter((one) => one.difficulty === "hard").length ?? 0;
  return (
    <section className={styles.part}>
      <h3>What the model says</h3>
      <p>
        <strong>{saidText(value)}</strong>
      </p>
      {doubt && (
        <p className={styles.quiet}>
          Wrong somewhere with a chance of {percent(doubt.error, 0)}
          {doubt.difficulty && `: ${doubt.difficulty}`}
          {hard > 0 && `; ${plural(hard, "object is", "objects are")} hard`}
        </p>
      )}
    </section>
  );
}

function Reasons({ selected }: { selected: Selected[] }) {
  if (selected.length === 0) return null;
  return (
    <section className={styles.part}>
      <h3>Why it was asked</h3>
      <ul className={styles.lines}>
        {selected.map((entry) => (
          <li key={`${entry.round}-${entry.arm}`}>
            <span>{entry.reason}</span>
            <span className={styles.quiet}>
              round {entry.round}, {entry.arm}, rank {entry.rank + 1}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function History({ history }: { history: Annotation[] }) {
  if (history.length === 0) return null;
  return (
    <section className={styles.part}>
      <h3>Labels over time</h3>
      <ul className={styles.lines}>
        {[...history].reverse().map((entry) => (
          <li key={entry.seq}>
            <Entry entry={entry} />
            <span className={styles.quiet}>
              {entry.annotator}
              {entry.seconds ? `, ${duration(entry.seconds)}` : ""}, {ago(entry.created_at)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Entry({ entry }: { entry: Annotation }) {
  const name = className(entry.value);
  const said = valueText(entry.value);
  if (entry.action === "undo") return <span>taken back{said ? ` to ${said}` : ""}</span>;
  if (entry.action === "skip") return <span>skipped</span>;
  if (entry.action === "cannot_tell") return <span>cannot tell</span>;
  return name ? <ClassChip name={name} /> : <span>{said ?? "labelled"}</span>;
}

function Neighbours({ detail, change }: { detail: AssetDetail; change: ChangeSearch }) {
  if (detail.neighbours.length === 0) return null;
  return (
    <section className={styles.part}>
      <h3>Most similar</h3>
      <ul className={styles.neighbours} data-media={detail.asset.media}>
        {detail.neighbours.map((card) => (
          <li key={card.id}>
            <button
              type="button"
              onClick={() => change({ asset: card.id })}
              title={card.text ?? undefined}
              aria-label={openWords(
                card.id + (card.classes.length > 0 ? `, labelled ${card.classes.join(", ")}` : ""),
                card.text ?? undefined,
              )}
            >
              {card.media === "image" ? (
                <Thumbnail id={card.id} media={card.media} text={card.text} />
              ) : (
                <span className={styles.neighbourText}>{card.text || card.id}</span>
              )}
            </button>
            <span className={styles.neighbourName}>
              <Neighbour card={card} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The class of the label or of the model; of shapes and sets all that the label names. */
function Neighbour({ card }: { card: AssetCard }) {
  const { label, predicted, classes, state } = card;
  if (label === null && classes.length > 0)
    return (
      <span title={classes.join(", ")}>
        {classes.map((name) => (
          <ClassChip key={name} name={name} />
        ))}
      </span>
    );
  const name = label ?? predicted;
  if (name !== null) return <ClassChip name={name} hollow={label === null} />;
  return state === "labeled" ? "labelled" : state === "skipped" ? "skipped" : "no label";
}

function Facts({ detail }: { detail: AssetDetail }) {
  const { asset } = detail;
  const rows: [string, string][] = Object.entries(asset.metadata).map(([k, v]) => [k, String(v)]);
  if (asset.width && asset.height) rows.unshift(["Pixels", `${asset.width} × ${asset.height}`]);
  if (rows.length === 0) return null;
  return (
    <section className={styles.part}>
      <h3>Known about it</h3>
      <dl className={styles.factList}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
