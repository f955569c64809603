/** What the palette finds in the project itself: saved slices and assets. */
import { useDebouncedValue } from "@mantine/hooks";
import type { SpotlightActionGroupData } from "@mantine/spotlight";
import { IconFile, IconSlice } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { pageQuery } from "../api/queries";
import type { AssetCard } from "../api/types";
import { slicesQuery } from "../diagnostics/useSlices";

const SIZE = 18;
/** Fewer letters are in too many ids to help. */
const FEWEST = 2;
const SHOWN = 6;
const REST = 150;
const NONE: AssetCard[] = [];

export function useFound(typed: string, browses: boolean): SpotlightActionGroupData[] {
  const navigate = useNavigate();
  const [wanted] = useDebouncedValue(typed.trim(), REST);
  const enabled = browses && wanted.length >= FEWEST;
  const slices = useQuery({ ...slicesQuery, enabled }).data ?? [];
  const page = useQuery({ ...pageQuery({ q: wanted }, 0, SHOWN), enabled }).data;
  const assets = enabled && page ? page.items : NONE;
  // The palette marks its first entry as one types, and these may come when nothing was there.
  useEffect(() => {
    if (assets.length === 0 || document.querySelector("[data-action][data-selected]")) return;
    document.querySelector("[data-action]")?.setAttribute("data-selected", "true");
  }, [assets]);
  return [
    {
      group: "Slices",
      actions: (enabled ? slices : []).map(({ slice: { name } }) => ({
        id: `slice-${name}`,
        label: name,
        description: "Show the slice",
        leftSection: <IconSlice size={SIZE} />,
        onClick: () => void navigate({ to: "/catalog", search: { slice: name } }),
      })),
    },
    {
      group: "Assets",
      actions: assets.map(({ id, text }) => ({
        id: `asset-${id}`,
        label: id,
        description: text ?? "Open the asset",
        // The server has found it by its id or text; the palette judges only what was found before.
        keywords: wanted === typed.trim() ? typed : "",
        leftSection: <IconFile size={SIZE} />,
        onClick: () => void navigate({ to: "/catalog", search: { q: wanted, asset: id } }),
      })),
    },
  ];
}
