/** Assets behind a number: small pictures, each a way to everything known about it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { projectQuery } from "../api/queries";
import { Thumbnail } from "../parts/AssetView";
import { shortId } from "../parts/format";
import { openWords, useTexts } from "../parts/useTexts";
import styles from "./team.module.css";

type Props = { ids: readonly string[]; say?: (id: string) => React.ReactNode };

export function AssetStrip({ ids, say }: Props) {
  const media = useQuery(projectQuery).data?.media ?? "text";
  const texts = useTexts(ids, media);
  return (
    <ul className={styles.assets} data-media={media}>
      {ids.map((id) => (
        <li key={id}>
          <Link to="/catalog" search={{ asset: id }} title={id}>
            <span className="visually-hidden">{openWords(id, texts.get(id))} </span>
            <span className={styles.assetMedia} aria-hidden="true">
              <Thumbnail id={id} media={media} text={texts.get(id) ?? shortId(id)} brief />
            </span>
            {say && <span className={styles.assetWords}>{say(id)}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
