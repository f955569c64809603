/** Drives a review session: reads ahead, sends reviews through the outbox, undoes, looks back. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { assetQuery } from "../api/queries";
import type { ProjectInfo, Value } from "../api/types";
import { newId } from "../label/newId";
import type { Cargo, Outbox } from "../label/outbox";
import { onDelivered } from "../label/outboxStore";
import { prefetchImage } from "../label/prefetch";
import { KEPT } from "../label/session";
import { disputeOf, type Subject, subjectOf } from "./answers";
import { opinionsQuery, readDisputes, readReviews, reviewHistoryQuery } from "./queries";
import { filterOf, type ReviewSearch } from "./reviewSearch";
import {
  beside,
  current,
  emptyReview,
  looked,
  type Reviewed,
  type ReviewSession,
  reduceReview,
  type Verb,
} from "./reviewSession";

const PAGE = 50;
const LOW = 10;
const AHEAD = 2;
const ASK_AGAIN = 4_000;

export type Told = { value?: Value; comment?: string; seconds: number; seq?: number };

export type ReviewDesk = {
  state: ReviewSession;
  subject: Subject | null;
  looking: Reviewed | null;
  failure: Error | null;
  review: (verb: Verb, told: Told) => void;
  /** Take back the last review, or the one that is looked at. */
  undo: () => void;
  look: (submissionId: string | null) => void;
  step: (direction: -1 | 1) => void;
  /** Those that were left come again. */
  restart: () => void;
  /** Read one asset anew and put it first. */
  again: (id: string) => void;
};

export function useReviewSession(
  outbox: Outbox,
  project: ProjectInfo,
  search: ReviewSearch,
): ReviewDesk {
  const [state, update] = useReducer(reduceReview, emptyReview);
  const latest = useRef(state);
  latest.current = state;
  // Two presses may come before React draws once; the second must already see the next subject.
  const dispatch = useCallback<Dispatch>((event) => {
    latest.current = reduceReview(latest.current, event);
    update(event);
  }, []);
  const reading = useReading(latest, dispatch, project, search);
  const classes = project.ontology.version;
  useAhead(state);

  const client = useQueryClient();
  useEffect(
    () =>
      onDelivered((delivery) => {
        const id =
          delivery.of === "review" ? delivery.review.asset_id : delivery.annotation.asset_id;
        if (delivery.of === "review")
          dispatch({ kind: "acknowledged", id, holds: delivery.review.holds_seq });
        for (const key of ["asset", "opinions", "review-history"])
          void client.invalidateQueries({ queryKey: [key, id] });
      }),
    [client, dispatch],
  );

  const review = useCallback<ReviewDesk["review"]>(
    (verb, told) => {
      const subject = current(latest.current);
      if (!subject || looked(latest.current)) return;
      const submissionId = newId();
      if (verb !== "left") outbox.add(cargoOf(subject, verb, told, submissionId, classes));
      const reviewed = { submissionId, subject, verb, value: told.value ?? null };
      dispatch({ kind: "reviewed", reviewed });
    },
    [outbox, classes, dispatch],
  );

  const undo = useCallback(() => {
    const last = looked(latest.current) ?? latest.current.reviewed[0];
    if (!last) return;
    const { submissionId, subject, verb } = last;
    const unsent = verb === "left" || outbox.takeBack(submissionId);
    if (!unsent)
      outbox.add({
        kind: subject.state === "disputed" ? "undo" : "undo_review",
        asset_id: subject.id,
        submission_id: newId(),
      });
    dispatch({ kind: "undone", submissionId, seq: unsent ? subject.seq : null });
  }, [outbox, dispatch]);

  const look = useCallback(
    (submissionId: string | null) => dispatch({ kind: "look", submissionId }),
    [dispatch],
  );
  const step = useCallback(
    (direction: -1 | 1) =>
      dispatch({ kind: "look", submissionId: beside(latest.current, direction, KEPT) }),
    [dispatch],
  );
  const restart = useCallback(() => dispatch({ kind: "restarted" }), [dispatch]);

  const subject = current(state);
  const looking = looked(state);
  return useMemo(
    () => ({ state, subject, looking, review, undo, look, step, restart, ...reading }),
    [state, subject, looking, review, undo, look, step, restart, reading],
  );
}

type Dispatch = (event: Parameters<typeof reduceReview>[1]) => void;

/** What goes to the server: a review, or the label that decides between opinions. */
function cargoOf(
  subject: Subject,
  verb: Verb,
  told: Told,
  submissionId: string,
  classes: number,
): Cargo {
  const { value = null, comment = null, seconds } = told;
  if (subject.state === "disputed")
    return {
      kind: "label",
      body: {
        asset_id: subject.id,
        action: "label",
        value,
        seconds,
        submission_id: submissionId,
        ontology_version: classes,
      },
    };
  return {
    kind: "review",
    body: {
      asset_id: subject.id,
      action: verb === "left" ? "accept" : verb,
      // While an undo is on its way nobody knows the entry that will hold; it is sent before this.
      label_seq: subject.seq === null ? null : (told.seq ?? subject.seq),
      value,
      comment,
      seconds,
      submission_id: submissionId,
    },
  };
}

/** Reads the queue page by page, the asset of the address first, and anew with another view. */
function useReading(
  latest: { current: ReviewSession },
  dispatch: Dispatch,
  project: ProjectInfo,
  search: ReviewSearch,
) {
  const [failure, setFailure] = useState<Error | null>(null);
  const view = JSON.stringify([search.state, search.annotator, search.label, search.round]);
  const shown = useRef(view);
  shown.current = view;
  const asked = useRef<string | null>(null);
  const wanted = useRef(search.asset);
  const busy = useRef(false);
  const { media } = project;

  const ask = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      // The view may change while its answer is on the way: then that answer is for nobody.
      for (let told = false; !told; ) {
        const at = shown.current;
        if (asked.current !== at) dispatch({ kind: "turned" });
        asked.current = at;
        const [state, annotator, label, round] = JSON.parse(at);
        const found =
          state === "disputed"
            ? await disputesPage(media)
            : await reviewsPage({ state, annotator, label, round }, latest.current);
        const [first] = wanted.current ? await oneSubject(wanted.current) : [];
        told = at === shown.current;
        if (!told) continue;
        wanted.current = undefined;
        dispatch({ kind: "loaded", ...found });
        if (first) dispatch({ kind: "loaded", ...found, subjects: [first], first: true });
      }
      setFailure(null);
    } catch (problem) {
      setFailure(problem instanceof Error ? problem : new Error(String(problem)));
    } finally {
      busy.current = false;
    }
  }, [media, latest, dispatch]);

  const { queue, exhausted, loaded } = latest.current;
  const low = queue.length < LOW && !exhausted;
  useEffect(() => {
    if (!loaded || low || asked.current !== view) void ask();
  }, [loaded, low, view, ask]);

  useEffect(() => {
    if (failure === null) return;
    const timer = window.setTimeout(() => void ask(), ASK_AGAIN);
    return () => window.clearTimeout(timer);
  }, [failure, ask]);

  const again = useCallback(
    (id: string) =>
      void oneSubject(id).then((subjects) => {
        const { total, exhausted: over } = latest.current;
        dispatch({
          kind: "loaded",
          ...{ subjects, total, exhausted: over, counts: null, disputes: null, first: true },
        });
      }),
    [latest, dispatch],
  );
  return useMemo(() => ({ failure, again }), [failure, again]);
}

async function reviewsPage(search: ReviewSearch, state: ReviewSession) {
  const past = state.reviewed.filter(({ verb }) => verb === "left" || search.state === "any");
  const page = await readReviews({ ...filterOf(search), offset: past.length, limit: PAGE });
  const disputes = state.disputes ?? (await readDisputes()).length;
  return {
    subjects: page.items.map(subjectOf),
    total: page.total - past.length,
    counts: page.counts,
    disputes,
    exhausted: page.items.length < PAGE,
  };
}

async function disputesPage(media: ProjectInfo["media"]) {
  const [disputes, page] = await Promise.all([readDisputes(), readReviews({ limit: 1 })]);
  return {
    subjects: disputes.map((dispute) => disputeOf(dispute, media)),
    total: disputes.length,
    counts: page.counts,
    disputes: disputes.length,
    exhausted: true,
  };
}

async function oneSubject(id: string): Promise<Subject[]> {
  const page = await readReviews({ asset_id: id, any_state: true });
  return page.items.map(subjectOf);
}

/** The next pictures are decoded, and what is known about them is there, before they are shown. */
function useAhead(state: ReviewSession): void {
  const client = useQueryClient();
  const next = state.queue.slice(0, AHEAD + 1);
  const ids = JSON.stringify(next.map(({ id, media }) => [id, media]));
  useEffect(() => {
    for (const [id, media] of JSON.parse(ids) as [string, string][]) {
      if (media === "image") void prefetchImage(id);
      void client.prefetchQuery(assetQuery(id));
      void client.prefetchQuery(opinionsQuery(id));
      void client.prefetchQuery(reviewHistoryQuery(id));
    }
  }, [client, ids]);
}
