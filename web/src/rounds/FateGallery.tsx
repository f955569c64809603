/** The audit assets behind a number of boxes that are matched, missed, confused or spurious. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { projectQuery } from "../api/queries";
import { Thumbnail } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { plural, shortId } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import styles from "./compare.module.css";
import { fateQuery } from "./compareQueries";
import type { CompareSearch, Fate } from "./compareSearch";

type Props = {
  at: Parameters<typeof fateQuery>[0];
  of: string;
  fate: Fate;
  search: CompareSearch;
};

export function FateGallery({ at, of, fate, search }: Props) {
  const { data: ids, error } = useQuery(fateQuery(at, of, fate));
  const media = useQuery(projectQuery).data?.media ?? "image";
  if (error && !ids) return <ErrorNotice error={error} />;
  if (!ids) return null;
  return (
    <section aria-label={`${of} ${fate}`} data-testid="fate">
      <p className={styles.hint}>
        <ClassChip name={of} /> {fate} in {plural(ids.length, "audit asset")}, most of them first.
      </p>
      <ul className={styles.tiles} data-media={media}>
        {ids.map((id) => (
          <li key={id}>
            <Link
              to="/rounds/compare"
              search={{ ...search, asset: id }}
              resetScroll={false}
              replace
              preload={false}
              title={id}
              aria-label={`Open ${id}`}
              data-open={search.asset === id || undefined}
            >
              <span className={styles.tile}>
                <Thumbnail id={id} media={media} text={shortId(id)} brief />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
