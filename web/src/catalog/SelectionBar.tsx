/** What can be done with the selected assets. */
import { Button, Tooltip } from "@mantine/core";
import { IconPlayerSkipForward, IconX } from "@tabler/icons-react";
import type { ProjectInfo } from "../api/types";
import { count } from "../parts/format";
import { Key } from "../parts/Key";
import { BulkLabel } from "./BulkLabel";
import styles from "./catalog.module.css";
import { MOST } from "./selection";
import { type BulkDesk, focusGrid } from "./useBulk";
import type { CatalogSelection } from "./useSelection";

type Props = {
  selection: CatalogSelection;
  bulk: BulkDesk;
  project: ProjectInfo;
  total: number;
};

export function SelectionBar({ selection, bulk, project, total }: Props) {
  const number = selection.ids.size;
  const { progress } = bulk;
  return (
    <div className={styles.selectionBar} role="toolbar" aria-label="Selected assets">
      <strong aria-live="polite">
        {progress
          ? `${count(progress.done)} of ${count(progress.of)} done`
          : number >= MOST && number < total
            ? `${count(number)} of ${count(total)} selected, the most at a time`
            : `${count(number)} selected`}
      </strong>
      {number < Math.min(total, MOST) && (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={selection.all}>
          {total > MOST ? `Select the first ${count(MOST)}` : "Select all that match"}{" "}
          <Key of="A" />
        </Button>
      )}
      <BulkLabel
        project={project}
        number={number}
        busy={progress !== null}
        choose={(value, how = "replace") => bulk.give({ value, how })}
        closed={focusGrid}
      />
      <Tooltip label="They get no label, and are asked no more">
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconPlayerSkipForward size={14} />}
          disabled={progress !== null}
          onClick={() => bulk.give({ value: null, how: "replace" })}
        >
          Skip <Key of="S" />
        </Button>
      </Tooltip>
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
