/** The view of the team page as words in the URL: what is shown, and whose numbers are open. */

export const TABS = [
  "people",
  "agreement",
  "disputes",
  "gold",
  "workforces",
  "invitations",
] as const;

export type Tab = (typeof TABS)[number];

export const TAB_NAMES: Record<Tab, string> = {
  people: "People",
  agreement: "Agreement",
  disputes: "Disputes",
  gold: "Gold questions",
  workforces: "Workforces",
  invitations: "Invitations",
};

export type TeamSearch = {
  tab?: Tab;
  /** Whose report is open. */
  person?: string;
  /** With whom `person` is compared. */
  with?: string;
};

/** Read a view from a URL; what makes no sense is left out. */
export function readTeamSearch(raw: Record<string, unknown>): TeamSearch {
  const search: TeamSearch = {};
  const tab = TABS.find((known) => known === raw.tab);
  if (tab && tab !== "people") search.tab = tab;
  for (const key of ["person", "with"] as const) {
    const value = raw[key];
    if (typeof value === "string" && value) search[key] = value;
    else if (typeof value === "number") search[key] = String(value);
  }
  return search;
}
