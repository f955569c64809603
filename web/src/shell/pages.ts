/** The pages of the app, who may open each, and the key that follows G. */
import { type Me, mayBrowse, mayManage } from "../api/types";
import { type ReviewSearch, STATE_NAMES, STATES } from "../review/reviewSearch";
import { SETTINGS } from "../settings/parts";
import { TAB_NAMES, TABS, type TeamSearch } from "../team/teamSearch";

type Page = { to: string; label: string; key: string; open: (me: Me | undefined) => boolean };

export const PAGES = [
  { to: "/", label: "Home", key: "h", open: () => true },
  { to: "/catalog", label: "Catalog", key: "c", open: mayBrowse },
  { to: "/label", label: "Label", key: "l", open: () => true },
  { to: "/review", label: "Review", key: "v", open: mayBrowse },
  { to: "/rounds", label: "Rounds", key: "r", open: (me) => me?.veiled !== true },
  { to: "/diagnose", label: "Diagnose", key: "d", open: mayBrowse },
  { to: "/experiment", label: "Experiment", key: "e", open: mayBrowse },
  { to: "/auto-label", label: "Auto-label", key: "a", open: mayManage },
  { to: "/team", label: "Team", key: "t", open: mayManage },
  { to: "/settings/ontology", label: "Settings", key: "s", open: mayManage },
] as const satisfies readonly Page[];

/** The pages that somebody may open, in their order. */
export function pagesFor(me: Me | undefined): (typeof PAGES)[number][] {
  return PAGES.filter((page: Page) => page.open(me));
}

type Tab = { name: string } & (
  | { page: "/review"; to: "/review"; search: ReviewSearch }
  | { page: "/team"; to: "/team"; search: TeamSearch }
  | { page: "/settings/ontology"; to: (typeof SETTINGS)[number]["to"]; search: object }
);

/** The parts of the pages that have several, for whom may open them. */
export function tabsFor(me: Me | undefined): Tab[] {
  const review = STATES.map(
    (state): Tab => ({
      page: "/review",
      name: STATE_NAMES[state],
      to: "/review",
      search: state === "waiting" ? {} : { state },
    }),
  );
  const team = TABS.map(
    (tab): Tab => ({
      page: "/team",
      name: TAB_NAMES[tab],
      to: "/team",
      search: tab === "people" ? {} : { tab },
    }),
  );
  const settings = SETTINGS.map(
    ({ to, label }): Tab => ({ page: "/settings/ontology", name: label, to, search: {} }),
  );
  return [...(mayBrowse(me) ? review : []), ...(mayManage(me) ? [...team, ...settings] : [])];
}
