/** The catalog: what is there? Filters in the address, a grid for millions, a drawer for one. */
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { pageQuery, projectQuery, sessionQuery } from "../api/queries";
import { mayBrowse } from "../api/types";
import { NotYours } from "../parts/Notices";
import { AssetDrawer } from "./AssetDrawer";
import { AssetGrid } from "./AssetGrid";
import styles from "./catalog.module.css";
import { FacetPanel } from "./FacetPanel";
import { QueryBar } from "./QueryBar";
import { SelectionBar } from "./SelectionBar";
import { type CatalogSearch, toQuery } from "./search";
import { useAssetWindow } from "./useAssetWindow";
import { useBulk } from "./useBulk";
import { useCatalogKeys } from "./useCatalogKeys";
import { useSelection } from "./useSelection";

/** No room for the filters beside the grid; as in the style sheet. */
const NARROW = "(max-width: 720px)";

export type ChangeSearch = (part: Partial<CatalogSearch>) => void;

export function CatalogPage() {
  const me = useQuery(sessionQuery).data;
  if (!me) return null;
  if (!mayBrowse(me)) return <NotYours page="Catalog" needed="reviewer" role={me.role} />;
  return <Catalog />;
}

function Catalog() {
  const search = useSearch({ from: "/catalog" });
  const navigate = useNavigate({ from: "/catalog" });
  const view = useMemo(() => toQuery(search), [search]);
  const filter = useMemo(() => ({ ...view, sort: undefined }), [view]);
  const [size, setSize] = useState(readSize);
  const [focus, setFocus] = useState(0);
  const columns = useRef(1);
  const [open, setFiltering] = useState(false);
  const filtering = useMediaQuery(NARROW) && open;
  const project = useQuery(projectQuery).data;
  const first = useQuery(pageQuery(view, search.from ?? 0, 200));
  const window_ = useAssetWindow(view, search.from ?? 0, first.data?.total ?? 0);
  const selection = useSelection(view, window_);
  const bulk = useBulk(selection, project?.ontology.limits.unit);

  const change: ChangeSearch = useCallback(
    (part) => {
      const moves = !("asset" in part);
      if (moves) setFocus(0);
      void navigate({
        search: (old) => ({
          ...old,
          ...(moves && !("from" in part) ? { from: undefined } : {}),
          ...part,
        }),
        replace: "q" in part || "asset" in part,
        resetScroll: false,
      });
    },
    [navigate],
  );

  useCatalogKeys({
    window: window_,
    focus,
    setFocus,
    columns,
    selection,
    bulk,
    search,
    change,
    filtering,
    setFiltering,
  });

  return (
    <div className={styles.page} data-filtering={filtering || undefined}>
      <FacetPanel
        search={search}
        filter={filter}
        change={change}
        project={project}
        total={first.data?.total ?? null}
        filtering={filtering}
        close={() => setFiltering(false)}
      />
      <section className={styles.content} aria-label="Assets" inert={filtering}>
        <QueryBar
          search={search}
          change={change}
          project={project}
          total={first.data?.total ?? null}
          windowSize={window_.count}
          filtering={filtering}
          setFiltering={setFiltering}
          size={size}
          setSize={(value) => {
            localStorage.setItem("querist-tile", String(value));
            setSize(value);
          }}
        />
        <AssetGrid
          window={window_}
          pending={first.isPending}
          error={first.error}
          empty={project?.asset_count === 0}
          size={size}
          focus={focus}
          columnsRef={columns}
          selected={selection.ids}
          open={search.asset ?? null}
          click={(index, card, event) => {
            setFocus(index);
            if (event.shiftKey || event.ctrlKey || event.metaKey || selection.ids.size > 0)
              selection.click(index, card, event.shiftKey);
            else change({ asset: card.id });
          }}
          check={(index, card, event) => {
            setFocus(index);
            selection.click(index, card, event.shiftKey);
          }}
          clear={() => void navigate({ search: {} })}
        />
        {selection.ids.size > 0 && project && (
          <SelectionBar selection={selection} bulk={bulk} project={project} total={window_.total} />
        )}
      </section>
      <AssetDrawer id={search.asset ?? null} change={change} />
    </div>
  );
}

function readSize(): number {
  const stored = Number(localStorage.getItem("querist-tile"));
  return stored >= 72 && stored <= 320 ? stored : 144;
}
