/** What an item of a list is about: its picture, or how its text begins; a way to the asset. */
import { Link } from "@tanstack/react-router";
import type { Media } from "../api/types";
import { Thumbnail } from "../parts/AssetView";
import { shortId } from "../parts/format";
import { openWords } from "../parts/useTexts";
import styles from "./team.module.css";

type Props = { id: string; media: Media; text: string | undefined };

export function ItemMedia({ id, media, text }: Props) {
  return (
    <Link
      to="/catalog"
      search={{ asset: id }}
      className={styles.itemMedia}
      data-media={media}
      title={id}
      aria-label={openWords(id, text)}
    >
      <Thumbnail id={id} media={media} text={text ?? shortId(id)} brief />
    </Link>
  );
}
