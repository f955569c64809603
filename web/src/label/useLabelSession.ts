/** Drives a labelling session: leases ahead, sends decisions through the outbox, undoes, renews. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { leaseTasks, releaseTasks, renewTasks } from "../api/actions";
import { recentQuery } from "../api/queries";
import type { Action, LabelBody, Value } from "../api/types";
import { newId } from "./newId";
import type { Outbox } from "./outbox";
import { onDelivered } from "./outboxStore";
import { decisionOf, packed, pending, unpacked } from "./pending";
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
import { type Keep, type LabelEntry, settleIn } from "./settling";
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
  settle: (entry: LabelEntry, keep: Keep) => void;
  /** Put a refused decision on the stage, to be made anew. */
  anew: (entry: LabelEntry) => void;
  reload: () => void;
};

/** `ontologyVersion` is that of the classes that are shown. */
export function useLabelSession(outbox: Outbox | null, ontologyVersion: number): LabelSession {
  const classes = useRef(ontologyVersion);
  classes.current = ontologyVersion;
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
      const body: LabelBody = {
        asset_id: target.asset.id,
        action,
        value,
        expected_version: old ? old.version : target.version,
        seconds,
        reason: null,
        task_id: old ? null : target.taskId,
        submission_id: newId(),
        prelabel: target.prelabel,
        model_id: target.model_id,
        ontology_version: classes.current,
      };
      const sent = outbox.add(packed(body, target)).cargo;
      const decision = decisionOf(sent.kind === "label" ? sent.body : body, target);
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
      if (!outbox) return;
      const old = latest.current.decisions.find((d) => d.submissionId === entry.id);
      const { theirs } = entry;
      const said = settleIn(outbox, entry, keep) ?? theirs;
      if (!old) return;
      const stands = theirs?.version ?? old.version - 1;
      const action = said?.action === "undo" ? "label" : (said?.action ?? "label");
      const submissionId = entry.id;
      if (!said || (said.value == null && action === "label"))
        return dispatch({ kind: "settled", submissionId, decision: null, version: stands });
      const version = stands + (said === theirs ? 0 : 1);
      const { submission_id, value = null } = said;
      const decision = { ...old, submissionId: submission_id, action, value, version };
      dispatch({ kind: "settled", submissionId, decision });
    },
    [outbox, dispatch],
  );

  const anew = useCallback<LabelSession["anew"]>(
    (entry) => {
      const decision = unpacked(entry.cargo);
      if (decision) dispatch({ kind: "reopened", decision });
    },
    [dispatch],
  );

  return useMemo(
    () => ({ state, item, edited, decide, undo, now, edit, step, settle, anew, ...lease }),
    [state, item, edited, decide, undo, now, edit, step, settle, anew, lease],
  );
}

/** A session begins with what is still on its way: to the server's list it is not known yet. */
function opened(outbox: Outbox | null): Session {
  return { ...emptySession, ...pending(outbox?.list() ?? []) };
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
