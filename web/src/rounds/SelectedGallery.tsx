/** What a round chose: a picture each, and why in one line. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { sessionQuery } from "../api/queries";
import { type Arm, type Media, mayBrowse, type Selected } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { count, shortId } from "../parts/format";
import { useTexts } from "../parts/useTexts";
import { ARMS } from "./roundSearch";
import styles from "./rounds.module.css";

const NAMES: Record<Arm, string> = { active: "Strategy", control: "Random", audit: "Audit" };
const FIRST = 60;

type Props = { selected: Selected[]; media: Media; round: number };

export function SelectedGallery({ selected, media, round }: Props) {
  const arms = ARMS.filter((one) => selected.some((s) => s.arm === one));
  const { arm: wanted = "active" } = useSearch({ from: "/rounds/$number" });
  const navigate = useNavigate({ from: "/rounds/$number" });
  const [all, setAll] = useState(false);
  const arm = arms.includes(wanted) ? wanted : (arms[0] ?? "active");
  const rows = selected.filter((entry) => entry.arm === arm).sort((a, b) => a.rank - b.rank);
  const shown = all ? rows : rows.slice(0, FIRST);
  // An annotator reads the texts of their own tasks only, and has no Catalog to be led to.
  const may = mayBrowse(useQuery(sessionQuery).data);
  const texts = useTexts(may ? shown.map(({ asset_id }) => asset_id) : [], media);
  return (
    <section className={styles.card} aria-labelledby="selected">
      <div className={styles.cardHead}>
        <h2 id="selected">What it chose, and why</h2>
        <SegmentedControl
          size="xs"
          value={arm}
          onChange={(value) => void navigate({ search: { arm: value as Arm }, replace: true })}
          data={arms.map((value) => ({
            value,
            label: `${NAMES[value]} ${count(selected.filter((s) => s.arm === value).length)}`,
          }))}
          aria-label="Drawn for"
        />
      </div>
      <ul className={styles.gallery} data-media={media}>
        {shown.map((entry) => (
          <li key={entry.asset_id}>
            {may ? (
              <Link
                to="/catalog"
                search={{ round, arm, asset: entry.asset_id }}
                className={styles.pick}
                title={entry.asset_id}
              >
                <Pick entry={entry} media={media} text={texts.get(entry.asset_id)} />
              </Link>
            ) : (
              <div className={styles.pick} title={entry.asset_id}>
                <Pick entry={entry} media={media} text={undefined} />
              </div>
            )}
          </li>
        ))}
      </ul>
      {rows.length > FIRST && !all && (
        <button type="button" className={styles.link} onClick={() => setAll(true)}>
          Show all {count(rows.length)}
        </button>
      )}
    </section>
  );
}

type PickProps = { entry: Selected; media: Media; text: string | undefined };

function Pick({ entry, media, text }: PickProps) {
  return (
    <>
      {media === "image" && (
        <span className={styles.pickMedia}>
          <Thumbnail id={entry.asset_id} media={media} text={null} />
        </span>
      )}
      <span className={styles.pickWords}>
        <strong>{text ?? shortId(entry.asset_id, 22)}</strong>
        <span>{entry.reason}</span>
      </span>
    </>
  );
}
