/** Keeps a slice that a diagnosis found: one click, its rule is its name. */
import { Button } from "@mantine/core";
import { IconBookmark, IconBookmarkFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { NamedFinding } from "../api/types";
import styles from "./slices.module.css";
import { slicesQuery, useSaveSlice } from "./useSlices";

export function SaveFound({ named: { id, finding } }: { named: NamedFinding }) {
  const saved = useQuery(slicesQuery).data;
  const save = useSaveSlice();
  if (!saved || !("where" in finding.evidence)) return null;
  const rule = String(finding.evidence.rule);
  const held = saved.find(({ slice }) => slice.finding === id || slice.name === rule);
  if (held)
    return (
      <Link to="/catalog" search={{ slice: held.slice.name }} className={styles.kept}>
        <IconBookmarkFilled size={14} aria-hidden="true" /> Open in the catalog
      </Link>
    );
  return (
    <Button
      variant="subtle"
      size="xs"
      leftSection={<IconBookmark size={14} />}
      loading={save.isPending}
      onClick={() => save.mutate({ finding: id })}
    >
      Save slice<span className="visually-hidden"> ({rule})</span>
    </Button>
  );
}
