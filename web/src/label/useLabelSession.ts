/** Drives a labelling session: leases ahead, sends decisions through the outbox, undoes, renews. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { leaseTasks, releaseTasks, renewTasks } from "../api/actions";
import { recentQuery } from "../api/queries";
import type { Action, Annotation, LabelBody, Value } from "../api/types";
import type { Entry, Outbox } from "./outbox";
import { onDelivered } from "./outboxStore";
import { packed, pending } from "./pending";
import { prefetchImage } from "./prefetch";
import {
  current,
  type Decision,
  editedDecision,
  emptySession,
  type Item,
  neighbour,
  reduce,
  type Session,
} from "./session";
import { useWholeItem } from "./useWholeItem";

const AHEAD = 8;
const RENEW_EVERY = 45_000;
const ASK_AGAIN = 4_000;

export type LabelSession = {
  state: Session;
  item: Item | null;
  edited: Decision | null;
  failure: Error | null;
  decide: (action: Exclude<Action, "undo">, value: Value | null, seconds: number) => void;
  /** What is on the stage at this moment, also between two drawings of the page. */
  now: () => { item: Item; edited: Decision | null } | null;
  /** Take back the last decision, or the one that is looked at; null when there is none. */
  undo: () => Decision | null;
  edit: (submissionId: string | null) => void;
  step: (direction: -1 | 1) => void;
  settle: (entry: Entry, keep: "mine" | "theirs") => void;
  reload: () => void;
};

export function useLabelSession(outbox: Outbox | null): LabelSession {
  const [state, update] = useReducer(reduce, outbox, opened);
  const latest = useRef(state);
  latest.current = state;
  // Two presses may come before React draws once; the second must already see the next asset.
  const dispatch = useCallback<Dispatch>((event) => {
    latest.current = reduce(latest.current, event);
    update(event);
  }, []);
  const lease = useLease(latest, dispatch, outbox);

  const recent = useQuery(recentQuery).data;
  useEffect(() => {
    if (recent) dispatch({ kind: "recalled", recent });
  }, [recent, dispatch]);

  useEffect(
    () =>
      onDelivered((delivery) => {
        if (delivery.of === "label")
          dispatch({ kind: "acknowledged", annotation: delivery.annotation });
      }),
    [dispatch],
  );

  const item = useWholeItem(current(state));
  const edited = editedDecision(state);
  const decide = useCallback<LabelSession["decide"]>(
    (action, value, seconds) => {
      const session = latest.current;
      const target = current(session);
      if (!target || !outbox) return;
      const old = editedDecision(session);
      const decision = makeDecision(target, old, action, value);
      const body: LabelBody = {
        asset_id: target.asset.id,
        action,
        value,
        expected_version: old ? old.version : target.version,
        seconds,
        reason: null,
        task_id: old ? null : target.taskId,
        submission_id: decision.submissionId,
        prelabel: target.prelabel,
        model_id: target.model_id,
      };
      outbox.add(packed(body, target));
      dispatch({ kind: "decided", decision, edit: old !== null });
    },
    [outbox, dispatch],
  );

  const undo = useCallback(() => {
    const session = latest.current;
    const last = editedDecision(session) ?? session.decisions[0];
    if (!last || !outbox) return null;
    const unsent = outbox.takeBack(last.submissionId);
    if (!unsent) outbox.add({ kind: "undo", asset_id: last.item.asset.id, submission_id: newId() });
    const version = unsent ? last.version - 1 : last.version + 1;
    dispatch({ kind: "undone", submissionId: last.submissionId, version });
    return last;
  }, [outbox, dispatch]);

  const now = useCallback<LabelSession["now"]>(() => {
    const target = current(latest.current);
    return target && { item: target, edited: editedDecision(latest.current) };
  }, []);

  const edit = useCallback(
    (submissionId: string | null) => dispatch({ kind: "edit", submissionId }),
    [dispatch],
  );
  const step = useCallback(
    (direction: -1 | 1) =>
      dispatch({ kind: "edit", submissionId: neighbour(latest.current, direction) }),
    [dispatch],
  );

  const settle = useCallback<LabelSession["settle"]>(
    (entry, keep) => {
      if (!outbox || entry.cargo.kind !== "label") return;
      const old = latest.current.decisions.find((d) => d.submissionId === entry.id);
      const body = settledBody(entry.cargo.body, entry.theirs, keep);
      outbox.drop(entry.id);
      if (body) outbox.add({ ...entry.cargo, body });
      if (!old) return;
      const said = body ?? entry.theirs;
      const action = said?.action === "undo" ? "label" : said?.action;
      const decision: Decision | null =
        said?.value || (action && action !== "label")
          ? {
              submissionId: said?.submission_id ?? old.submissionId,
              item: old.item,
              action: action ?? old.action,
              value: said?.value ?? null,
              version: (entry.theirs?.version ?? old.version - 1) + (body ? 1 : 0),
            }
          : null;
      dispatch({ kind: "settled", submissionId: entry.id, decision });
    },
    [outbox, dispatch],
  );

  return useMemo(
    () => ({ state, item, edited, decide, undo, now, edit, step, settle, ...lease }),
    [state, item, edited, decide, undo, now, edit, step, settle, lease],
  );
}

/** A session begins with what is still on its way: to the server's list it is not known yet. */
function opened(outbox: Outbox | null): Session {
  return { ...emptySession, ...pending(outbox?.list() ?? []) };
}

/**
 * What to send once somebody has chosen between two versions; null when nothing is to be sent.
 * Keeping theirs also answers the task: otherwise the asset would stay open for ever.
 */
export function settledBody(
  mine: LabelBody,
  theirs: Annotation | null,
  keep: "mine" | "theirs",
): LabelBody | null {
  const expected_version = theirs?.version ?? null;
  if (keep === "mine") return { ...mine, submission_id: newId(), expected_version };
  const answers = theirs !== null && (theirs.value !== null || theirs.action !== "undo");
  if (!answers || mine.task_id == null) return null;
  const action = theirs.action === "undo" ? "label" : theirs.action;
  return { ...mine, submission_id: newId(), expected_version, action, value: theirs.value };
}

type Dispatch = (event: Parameters<typeof reduce>[1]) => void;

/** Keeps tasks leased ahead, renews them while the page is open, gives them back when it is left. */
function useLease(latest: { current: Session }, dispatch: Dispatch, outbox: Outbox | null) {
  const [failure, setFailure] = useState<Error | null>(null);
  const busy = useRef(false);
  const waiting = latest.current.queue.length;
  const exhausted = latest.current.loaded && latest.current.remaining <= waiting;

  const ask = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      const onTheWay = () => outbox?.tasks() ?? [];
      const before = onTheWay();
      const page = await leaseTasks(latest.current.queue.length + before.length + AHEAD);
      dispatch({ kind: "leased", ...page, sent: [...before, ...onTheWay()] });
      for (const { asset } of page.items) if (asset.media === "image") void prefetchImage(asset.id);
      setFailure(null);
    } catch (problem) {
      setFailure(problem instanceof Error ? problem : new Error(String(problem)));
    } finally {
      busy.current = false;
    }
  }, [latest, dispatch, outbox]);

  useEffect(() => {
    if (waiting < AHEAD / 2 && !exhausted) void ask();
  }, [waiting, exhausted, ask]);

  useEffect(() => {
    if (failure === null) return;
    const timer = window.setTimeout(() => void ask(), ASK_AGAIN);
    return () => window.clearTimeout(timer);
  }, [failure, ask]);

  useEffect(() => {
    const held = () => latest.current.queue.flatMap((item) => item.taskId ?? []);
    const renew = window.setInterval(() => {
      const ids = held();
      if (ids.length > 0) renewTasks(ids).catch(() => undefined);
    }, RENEW_EVERY);
    const release = () => {
      const ids = held();
      if (ids.length > 0) releaseTasks(ids).catch(() => undefined);
    };
    window.addEventListener("pagehide", release);
    return () => {
      window.clearInterval(renew);
      window.removeEventListener("pagehide", release);
      release();
    };
  }, [latest]);

  const reload = useCallback(() => void ask(), [ask]);
  return useMemo(() => ({ failure, reload }), [failure, reload]);
}

function makeDecision(
  target: Item,
  old: Decision | null,
  action: Decision["action"],
  value: Value | null,
): Decision {
  return {
    submissionId: newId(),
    item: target,
    action,
    value,
    version: (old ? old.version : target.version) + 1,
  };
}

/** A random id that needs no secure context. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
