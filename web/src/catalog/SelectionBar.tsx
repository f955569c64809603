/** What can be done with the selected assets. */
import { Button, Combobox, useCombobox } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconTag, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sendBulk } from "../api/actions";
import type { ProjectInfo } from "../api/types";
import { searchClasses } from "../classes/searchClasses";
import { showFailure } from "../jobs/useRoundJobs";
import { Swatch } from "../parts/ClassChip";
import { count, plural } from "../parts/format";
import { Key } from "../parts/Key";
import styles from "./catalog.module.css";
import type { CatalogSelection } from "./useSelection";

type Props = { selection: CatalogSelection; project: ProjectInfo; total: number };

export function SelectionBar({ selection, project, total }: Props) {
  const client = useQueryClient();
  const bulk = useMutation({
    mutationFn: (name: string) => sendBulk([...selection.ids], { type: "class", name }),
    onSuccess: (answer, name) => {
      const { conflicts } = answer;
      notifications.show({
        title: `${plural(answer.stored, "asset")} labelled ${name}`,
        message:
          conflicts > 0 ? `${conflicts} had changed meanwhile and were left alone.` : "Saved.",
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
      <LabelAs project={project} busy={bulk.isPending} choose={(name) => bulk.mutate(name)} />
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

type LabelAsProps = { project: ProjectInfo; busy: boolean; choose: (name: string) => void };

function LabelAs({ project, busy, choose }: LabelAsProps) {
  const [text, setText] = useState("");
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setText("");
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const found = searchClasses(project.ontology.classes, text).slice(0, 50);
  return (
    <Combobox
      store={combobox}
      width={240}
      position="top"
      onOptionSubmit={(name) => {
        choose(name);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target withAriaAttributes={false}>
        <Button
          size="compact-sm"
          leftSection={<IconTag size={14} />}
          loading={busy}
          onClick={() => combobox.toggleDropdown()}
        >
          Label as…
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.updateSelectedOptionIndex();
          }}
          placeholder="Class"
          aria-label="Class for the selected assets"
        />
        <Combobox.Options mah={280} style={{ overflowY: "auto" }}>
          {found.map((item) => (
            <Combobox.Option value={item.name} key={item.name} className={styles.option}>
              <Swatch colour={item.colour} /> {item.name}
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>No class has this name</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
