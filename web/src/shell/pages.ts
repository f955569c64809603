/** The pages of the app, who may open each, and the key that follows G. */
import { type Me, mayBrowse, mayManage } from "../api/types";

type Page = { to: string; label: string; key: string; open: (me: Me | undefined) => boolean };

const PAGES = [
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
