/** What can be done with the selected assets. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Bulk, sendBulk } from "../api/actions";
import type { ProjectInfo, Value } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import { count, plural } from "../parts/format";
import { Key } from "../parts/Key";
import { valueText } from "../parts/valueText";
import { BulkLabel } from "./BulkLabel";
import styles from "./catalog.module.css";
import type { CatalogSelection } from "./useSelection";

type Wanted = { value: Value; how: Bulk };
type Props = { selection: CatalogSelection; project: ProjectInfo; total: number };

export function SelectionBar({ selection, project, total }: Props) {
  const client = useQueryClient();
  const bulk = useMutation({
    mutationFn: ({ value, how }: Wanted) => sendBulk([...selection.ids], value, how),
    onSuccess: ({ stored, unchanged, conflicts }, { value, how }) => {
      const text = valueText(value, project.ontology.limits.unit);
      const left = conflicts > 0 ? `${conflicts} had changed meanwhile and were left alone.` : "";
      const same = unchanged > 0 ? `${count(unchanged)} were so already.` : "";
      notifications.show({
        title: {
          replace: `${plural(stored, "asset")} labelled ${text}`,
          add: `${text} added to ${plural(stored, "asset")}`,
          remove: `${text} taken from ${plural(stored, "asset")}`,
        }[how],
        message: [left, same].filter(Boolean).join(" ") || "Saved.",
        color: conflicts > 0 ? "yellow" : "teal",
      });
      selection.clear();
      for (const key of ["assets", "facets", "asset"])
        void client.invalidateQueries({ queryKey: [key] });
    },
    onError: showFailure,
  });
  return (
    <div className={styles.selectionBar} role="toolbar" aria-label="Selected assets">
      <strong>{count(selection.ids.size)} selected</strong>
      {selection.ids.size < total && (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={selection.all}>
          Select all that match <Key of="A" />
        </Button>
      )}
      <BulkLabel
        project={project}
        number={selection.ids.size}
        busy={bulk.isPending}
        choose={(value, how = "replace") => bulk.mutate({ value, how })}
      />
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconX size={14} />}
        onClick={selection.clear}
      >
        Clear
      </Button>
    </div>
  );
}
