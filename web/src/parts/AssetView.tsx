/** An asset itself, large or small: a picture, a text, or a table row. */
import { useState } from "react";
import { contentUrl, thumbnailUrl } from "../api/client";
import type { Asset, Media } from "../api/types";
import styles from "./parts.module.css";
import { useLineBack } from "./useLineBack";

/** The whole asset, as large as its place allows; small pictures are enlarged. */
export function AssetView({ asset, large = false }: { asset: Asset; large?: boolean }) {
  if (asset.media === "image") return <Picture asset={asset} large={large} />;
  if (asset.media === "text")
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text must scroll by keyboard
      <article className={large ? styles.textLarge : styles.text} tabIndex={0}>
        {asset.text}
      </article>
    );
  return <Row values={asset.features ?? asset.metadata} />;
}

/** Tiny pictures are enlarged this far and no further: beyond it nothing more can be seen. */
const MOST_ENLARGED = 16;

function Picture({ asset, large }: { asset: Asset; large: boolean }) {
  const [broken, setBroken] = useState<string | null>(null);
  const [natural, setNatural] = useState<[number, number] | null>(null);
  useLineBack(() => setBroken(null));
  const width = asset.width ?? natural?.[0];
  const height = asset.height ?? natural?.[1];
  if (broken === asset.id)
    return <p className={styles.broken}>The picture of {asset.id} cannot be shown.</p>;
  return (
    <img
      className={large ? styles.pictureLarge : styles.picture}
      src={contentUrl(asset.id)}
      alt={`Asset ${asset.id}`}
      decoding="sync"
      draggable={false}
      style={
        width && height
          ? { maxWidth: width * MOST_ENLARGED, maxHeight: height * MOST_ENLARGED }
          : undefined
      }
      onLoad={({ currentTarget: image }) => setNatural([image.naturalWidth, image.naturalHeight])}
      onError={() => setBroken(asset.id)}
    />
  );
}

function Row({ values }: { values: Record<string, unknown> }) {
  return (
    <dl className={styles.rowTable}>
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(value ?? "–")}</dd>
        </div>
      ))}
    </dl>
  );
}

type ThumbnailProps = {
  id: string;
  media: Media;
  text: string | null;
  alt?: string;
  /** Two lines of a text, 44 pixels high. */
  brief?: boolean;
};

/** The small form for grids and strips; the place it stands in gives the size. */
export function Thumbnail({ id, media, text, alt = "", brief = false }: ThumbnailProps) {
  if (media === "image") return <SmallPicture id={id} alt={alt} />;
  return <span className={brief ? styles.thumbnailBrief : styles.thumbnailText}>{text || id}</span>;
}

function SmallPicture({ id, alt }: { id: string; alt: string }) {
  const [broken, setBroken] = useState(false);
  const [tries, setTries] = useState(0);
  useLineBack(() => {
    if (!broken) return;
    setBroken(false);
    setTries((before) => before + 1);
  });
  return (
    <img
      key={tries}
      className={styles.thumbnail}
      src={thumbnailUrl(id)}
      alt={alt}
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setBroken(true)}
    />
  );
}
