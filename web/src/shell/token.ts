/** The one-time secrets of links live in the address's fragment and leave it at once. */

/** A link signs somebody in (`token`) or lets somebody new join (`invitation`). */
export type Link = { kind: "token" | "invitation"; secret: string };

const KINDS = ["token", "invitation"] as const;

/** What the address's fragment holds; the address is cleaned so that it cannot be copied or kept. */
export function takeLink(
  location: Pick<Location, "hash" | "pathname" | "search">,
  history: Pick<History, "replaceState" | "state">,
): Link | null {
  const link = linkIn(location.hash);
  if (link !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return link;
}

/** The secret in what somebody pasted: a whole link or its fragment; `null` for anything else. */
export function linkIn(text: string): Link | null {
  for (const kind of KINDS) {
    const mark = `#${kind}=`;
    const at = text.indexOf(mark);
    const secret = at < 0 ? "" : decodeURIComponent(text.slice(at + mark.length)).trim();
    if (secret) return { kind, secret };
  }
  return null;
}
