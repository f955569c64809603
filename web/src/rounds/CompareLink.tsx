/** The way to the comparison, by hand and by key. */
import { Button } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { sessionQuery } from "../api/queries";
import { mayBrowse } from "../api/types";
import { Key } from "../parts/Key";
import { isTyping } from "../shell/typing";
import type { CompareSearch } from "./compareSearch";

type Props = { search: CompareSearch; children: React.ReactNode };

/** C goes the same way; only who may look at all assets sees it. */
export function CompareLink({ search, children }: Props) {
  const may = mayBrowse(useQuery(sessionQuery).data);
  const navigate = useNavigate();
  useEffect(() => {
    if (!may) return;
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.defaultPrevented || event.key.toLowerCase() !== "c") return;
      void navigate({ to: "/rounds/compare", search });
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [may, navigate, search]);
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
