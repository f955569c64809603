/** Audit assets that turned between two models, as galleries that can become the next batch. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { projectQuery } from "../api/queries";
import type { Comparison, TurnedAsset } from "../api/types";
import { BatchButton } from "../diagnostics/BatchButton";
import { everySecond } from "../diagnostics/evidence";
import { Thumbnail } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { count, percent, plural, shortId } from "../parts/format";
import { openWords, useTexts } from "../parts/useTexts";
import styles from "./compare.module.css";
import type { ChangeCompare, CompareSearch, Kind } from "./compareSearch";
import { chanceWords, galleryName, galleryWords } from "./compareWords";

type Props = { found: Comparison; search: CompareSearch; change: ChangeCompare };

export function TurnedCard({ found, search, change }: Props) {
  const media = useQuery(projectQuery).data?.media ?? "text";
  const galleries = found.galleries ?? [];
  const decides = found.chance !== null && found.chance !== undefined;
  const open = openGallery(found, search);
  const ids = (open?.assets ?? []).map(({ id }) => id);
  const texts = useTexts(ids, media);
  if (!open) return null;
  const kind = open.kind as Kind;
  return (
    <section className={styles.card} aria-labelledby="turned" data-testid="turned">
      <h2 id="turned">What turned</h2>
      <p className={styles.hint}>{chanceWords(found)}</p>
      <div className={styles.turnedHead}>
        <SegmentedControl
          size="xs"
          aria-label="Gallery"
          value={kind}
          data={galleries.map((one) => ({
            value: one.kind,
            label: `${galleryName(one.kind as Kind, decides)} ${count(one.count)}`,
            disabled: one.count === 0,
          }))}
          onChange={(chosen) => change({ gallery: chosen as Kind })}
        />
        {ids.length > 0 && (
          <BatchButton
            wishes={{ examples: everySecond(ids) }}
            about={galleryName(kind, decides)}
            main
          />
        )}
      </div>
      <p className={styles.hint}>
        {galleryWords(kind, decides, found)}
        {open.count > ids.length && ` The first ${count(ids.length)} of ${count(open.count)}.`} The
        batch holds more like every second of these, and what the model wavers on.
      </p>
      {ids.length === 0 ? (
        <p className={styles.none}>None of the {plural(found.count, "audit asset")}.</p>
      ) : (
        <ul className={styles.tiles} data-media={media}>
          {open.assets.map((asset) => (
            <li key={asset.id}>
              <Link
                to="/rounds/compare"
                search={{ ...search, asset: asset.id }}
                resetScroll={false}
                replace
                preload={false}
                title={asset.id}
                aria-label={openWords(asset.id + inWords(asset), texts.get(asset.id))}
                data-open={search.asset === asset.id || undefined}
              >
                <span className={styles.tile}>
                  <Thumbnail
                    id={asset.id}
                    media={media}
                    text={texts.get(asset.id) ?? shortId(asset.id)}
                    brief
                  />
                </span>
              </Link>
              {(asset.truth || media === "image") && <Verdicts asset={asset} kind={kind} />}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The gallery that the address names, or else the first that holds something. */
export function openGallery(found: Comparison, search: CompareSearch) {
  const galleries = found.galleries ?? [];
  return (
    galleries.find(({ kind }) => kind === search.gallery) ??
    galleries.find((one) => one.count > 0) ??
    galleries[0]
  );
}

function inWords({ truth, first, second }: TurnedAsset): string {
  return truth ? `, ${truth}: first ${first}, then ${second}` : "";
}

/** The label above; below it what both say, or how sure the second is. */
function Verdicts({ asset, kind }: { asset: TurnedAsset; kind: Kind }) {
  if (!asset.truth) return <span className={styles.sides}>{shortId(asset.id, 18)}</span>;
  const sure = asset.confidence;
  return (
    <span className={styles.sides}>
      <ClassChip name={asset.truth} />
      {kind === "newly_right" ? (
        <small>was {asset.first}</small>
      ) : (
        <small>
          {asset.second === asset.truth ? "right" : asset.second}
          {sure !== null && sure !== undefined && `, ${percent(sure, 0)}`}
        </small>
      )}
    </span>
  );
}
