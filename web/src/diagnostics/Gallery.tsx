/** Assets behind a figure: small pictures, each opens in the drawer. */
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { projectQuery } from "../api/queries";
import { Thumbnail } from "../parts/AssetView";
import { count, shortId } from "../parts/format";
import { openWords, useTexts } from "../parts/useTexts";
import styles from "./diagnostics.module.css";

const FIRST = 8;

/** `more` is what the button that shows all of them says. */
type Props = { ids: readonly string[]; first?: number; more?: string };

export function Gallery({ ids, first = FIRST, more }: Props) {
  const media = useQuery(projectQuery).data?.media ?? "text";
  const search = useSearch({ from: "/diagnose" });
  const [all, setAll] = useState(false);
  const shown = all ? ids : ids.slice(0, first);
  const texts = useTexts(shown, media);
  if (ids.length === 0) return null;
  return (
    <div>
      <ul className={styles.gallery} data-media={media}>
        {shown.map((id) => (
          <li key={id}>
            <Link
              to="/diagnose"
              search={{ ...search, asset: id }}
              resetScroll={false}
              preload={false}
              title={id}
              aria-label={openWords(id, texts.get(id))}
            >
              <Thumbnail id={id} media={media} text={texts.get(id) ?? shortId(id)} brief />
            </Link>
          </li>
        ))}
      </ul>
      {ids.length > first && (
        <button type="button" className={styles.link} onClick={() => setAll(!all)}>
          {all ? "Fewer" : (more ?? `All ${count(ids.length)} assets`)}
        </button>
      )}
    </div>
  );
}
