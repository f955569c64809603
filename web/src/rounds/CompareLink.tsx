/** The way to the comparison, by hand and by key. */
import { Button } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { sessionQuery } from "../api/queries";
import { mayBrowse } from "../api/types";
import { Key } from "../parts/Key";
import { isTyping } from "../shell/typing";
import { useKeyPress } from "../shell/useKeyPress";
import type { CompareSearch } from "./compareSearch";

type Props = { search: CompareSearch; children: React.ReactNode };

/** C goes the same way; only who may look at all assets sees it. */
export function CompareLink({ search, children }: Props) {
  const may = mayBrowse(useQuery(sessionQuery).data);
  const navigate = useNavigate();
  const press = (event: KeyboardEvent) => {
    if (!may || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.defaultPrevented || event.key.toLowerCase() !== "c") return;
    void navigate({ to: "/rounds/compare", search });
  };
  useKeyPress(press);
  if (!may) return null;
  return (
    <Button
      renderRoot={(props) => <Link {...props} to="/rounds/compare" search={search} />}
      variant="default"
      size="xs"
      leftSection={<IconArrowsDiff size={14} />}
      rightSection={
        <span aria-hidden="true">
          <Key of="C" />
        </span>
      }
    >
      {children}
    </Button>
  );
}
