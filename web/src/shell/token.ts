/** The one-time token of a sign-in link lives in the address's fragment and leaves it at once. */

/** The token in `#token=…`; the address is cleaned so that it cannot be copied on or kept. */
export function takeToken(
  location: Pick<Location, "hash" | "pathname" | "search">,
  history: Pick<History, "replaceState" | "state">,
): string | null {
  const token = tokenIn(location.hash);
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

/** The token in what somebody pasted: a whole link, its fragment, or the bare token. */
export function tokenIn(text: string): string | null {
  const at = text.indexOf("#token=");
  if (at < 0) return null;
  const token = decodeURIComponent(text.slice(at + "#token=".length)).trim();
  return token || null;
}
