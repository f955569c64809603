/** The frame around every page: one quiet bar on top, the page below. */
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import { JobTray } from "../jobs/JobTray";
import { useBatchFollower } from "../jobs/useRoundJobs";
import { openOutbox } from "../label/outboxStore";
import { CheatSheet } from "./CheatSheet";
import { Mark } from "./Mark";
import { Palette, PaletteButton } from "./Palette";
import { pagesFor } from "./pages";
import { SavedMark } from "./SavedMark";
import styles from "./shell.module.css";
import { ThemeToggle } from "./ThemeToggle";
import { useShellKeys } from "./useShellKeys";

export function AppFrame() {
  const project = useQuery(projectQuery).data;
  const me = useQuery(sessionQuery).data;
  const [sheet, setSheet] = useState(false);
  useBatchFollower();
  useShellKeys(() => setSheet(true));
  const scope = project && me ? `${project.name}/${me.name}` : null;

  useEffect(() => {
    if (scope !== null) void openOutbox(scope).flush();
  }, [scope]);

  const path = useRouterState({ select: (state) => state.location.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    document.getElementById("page")?.focus({ preventScroll: true });
  }, [path]);

  // On a narrow screen the names of the pages scroll; the one that is open stays in sight.
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    if (path && me)
      nav.current
        ?.querySelector("[data-status=active], [data-within]")
        ?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path, me]);

  useEffect(() => {
    if (project) document.title = `${project.name} · Querist`;
  }, [project]);

  return (
    <div className={styles.frame}>
      <a className="skip-link" href="#page">
        Skip to the page
      </a>
      <header className={styles.bar}>
        <Link to="/" className={styles.brand}>
          <Mark size={24} />
          <span className={styles.project}>{project?.name ?? " "}</span>
          <span className="visually-hidden">, start page</span>
        </Link>
        <nav ref={nav} className={styles.nav} aria-label="Pages">
          {pagesFor(me).map((page) => (
            <Link
              key={page.to}
              to={page.to}
              className={styles.navLink}
              activeOptions={{ exact: page.to === "/", includeSearch: false }}
              data-within={within(path, page.to) || undefined}
            >
              {page.label}
            </Link>
          ))}
        </nav>
        <div className={styles.tools}>
          <SavedMark />
          <JobTray />
          <PaletteButton />
          <ThemeToggle />
          <CheatSheet opened={sheet} open={() => setSheet(true)} close={() => setSheet(false)} />
        </div>
      </header>
      <main id="page" className={styles.page} tabIndex={-1}>
        {/* Pages on which the asset is the screen have no title of their own. */}
        <h1 className={`visually-hidden ${styles.pageName}`}>
          {pagesFor(me).find(({ to }) => to === path)?.label ?? project?.name}
        </h1>
        <Outlet />
      </main>
      <Palette showKeys={() => setSheet(true)} />
    </div>
  );
}

/** Whether a page is one of several under the same name, such as the settings. */
function within(path: string, to: string): boolean {
  const [, part, name] = to.split("/");
  return name !== undefined && path.startsWith(`/${part}/`);
}
