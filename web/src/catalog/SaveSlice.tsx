/** Keeps the filters of the catalog as a slice that Diagnose follows. */
import { Button, Popover, TextInput } from "@mantine/core";
import { IconBookmark } from "@tabler/icons-react";
import { useState } from "react";
import { useSaveSlice } from "../diagnostics/useSlices";
import styles from "./catalog.module.css";
import { type CatalogSearch, filterCount, toQuery } from "./search";

export function SaveSlice({ search }: { search: CatalogSearch }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const save = useSaveSlice();
  const { sort, ...filter } = toQuery(search);
  const alone = search.slice !== undefined && filterCount(search) === 1;
  // What the model gets wrong it is wrong on by definition: nothing to follow.
  if (filterCount(search) === 0 || alone || search.disagree) return null;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus>
      <Popover.Target>
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconBookmark size={14} />}
          onClick={() => setOpen(!open)}
        >
          Save as slice
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={styles.saveSlice}
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({ name, filter }, { onSuccess: () => setOpen(false) });
          }}
        >
          <TextInput
            label="Name of the slice"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={200}
            required
            data-autofocus
          />
          <Button type="submit" size="xs" loading={save.isPending}>
            Save
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
