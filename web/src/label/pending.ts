/** What the outbox still holds of labelling, as the session needs it when a page opens again. */
import type { Asset } from "../api/types";
import type { Cargo, Entry } from "./outbox";
import type { Decision, Item, Pending } from "./session";

export type LabelCargo = Extract<Cargo, { kind: "label" }>;

/** Longer assets are kept by their beginning: the browser's store has to hold every decision. */
const ROOM = 8_000;
const BEGINNING = 200;

/** A decision for the outbox, with what it was about; the suggestion is in the body already. */
export function packed(body: LabelCargo["body"], item: Item): LabelCargo {
  return { kind: "label", body, item: { ...item, asset: kept(item.asset), prelabel: null } };
}

/** Without a content hash an asset is a card: the whole is fetched when it is looked at. */
function kept(asset: Asset): Asset {
  if (JSON.stringify(asset).length <= ROOM) return asset;
  const text = asset.text?.slice(0, BEGINNING) ?? null;
  return { ...asset, text, features: null, metadata: {}, content_hash: "" };
}

/**
 * The decisions that are on their way or were refused, to be made anew, and the assets whose
 * withdrawal is on its way. Where another version stands it is left out: the page asks about each.
 */
export function pending(entries: readonly Entry[]): Pending {
  const decisions = new Map<string, Decision>();
  const withdrawn = new Set<string>();
  for (const { cargo, state } of entries) {
    if (state === "conflict" || (state === "refused" && cargo.kind !== "label")) continue;
    if (cargo.kind === "undo") {
      decisions.delete(cargo.asset_id);
      withdrawn.add(cargo.asset_id);
    } else if (cargo.kind === "label") {
      // The newest of an asset counts, in the place of the newest.
      decisions.delete(cargo.body.asset_id);
      const decision = unpacked(cargo);
      if (decision) decisions.set(cargo.body.asset_id, decision);
    }
  }
  return { decisions: [...decisions.values()].reverse(), withdrawn: [...withdrawn] };
}

/** Null for a decision that an older version of the app left without what it was about. */
export function unpacked({ body, item }: LabelCargo): Decision | null {
  return item ? decisionOf(body, { ...item, prelabel: body.prelabel ?? null }) : null;
}

/** The decision that `body` sends about `item`. */
export function decisionOf(body: LabelCargo["body"], item: Item): Decision {
  return {
    submissionId: body.submission_id,
    item,
    action: body.action ?? "label",
    value: body.value ?? null,
    version: (body.expected_version ?? 0) + 1,
  };
}
