/** Drives the suspects: decisions through the outbox, second opinions, undo. */
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isOneClass, type Me, type ProjectInfo, type Suspect } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import { newId } from "../label/newId";
import type { Cargo, Outbox } from "../label/outbox";
import { onDelivered } from "../label/outboxStore";
import { plural } from "../parts/format";
import { askAgain, suspectsQuery } from "./queries";
import type { Outcome, Outcomes } from "./suspects";

export type SuspectsDesk = {
  all: Suspect[] | undefined;
  error: Error | null;
  outcomes: Outcomes;
  /** Say that the labels are right. */
  keep: (about: readonly Suspect[], seconds: number) => void;
  /** Give what models say instead, or the class that is named. */
  fix: (about: readonly Suspect[], seconds: number, name?: string) => void;
  /** Have somebody else asked, who does not see the labels. */
  ask: (about: readonly Suspect[]) => void;
  asking: boolean;
  /** Take back what was decided on an asset, or else the last decision; returns the asset. */
  undo: (id?: string) => string | null;
};

export function useSuspects(outbox: Outbox, project: ProjectInfo, me: Me): SuspectsDesk {
  const { data: all, error } = useQuery({ ...suspectsQuery, enabled: isOneClass(project) });
  const classes = project.ontology.version;
  const [outcomes, setOutcomes] = useState<Outcomes>(new Map());
  const latest = useRef(outcomes);
  // What was decided and taken back has another entry by now, which nobody here knows.
  const moved = useRef(new Set<string>());
  const put = useCallback((change: (map: Map<string, Outcome>) => void) => {
    const next = new Map(latest.current);
    change(next);
    latest.current = next;
    setOutcomes(next);
  }, []);
  useTouch();

  const decide = useCallback(
    (about: readonly Suspect[], seconds: number, nameOf: (one: Suspect) => string | null) =>
      put((map) => {
        for (const one of about) {
          if (map.has(one.asset_id)) continue;
          const name = nameOf(one);
          const submissionId = newId();
          const own = one.annotator === me.name;
          // The clock ran for all of them; each gets its part.
          const spent = seconds / about.length;
          const seen = moved.current.has(one.asset_id) ? null : one;
          const cargo = cargoOf(one, seen, own, name, spent, submissionId);
          if (cargo.kind === "label") cargo.body.ontology_version = classes;
          outbox.add(cargo);
          const verb = name === null || name === one.given ? "kept" : "fixed";
          map.set(one.asset_id, { verb, name, submissionId, own });
        }
      }),
    [outbox, me.name, classes, put],
  );
  const keep = useCallback<SuspectsDesk["keep"]>(
    (about, seconds) => decide(about, seconds, () => null),
    [decide],
  );
  const fix = useCallback<SuspectsDesk["fix"]>(
    (about, seconds, name) =>
      decide(about, seconds, (one) => {
        const wanted = name ?? one.suggested;
        return wanted === one.given ? null : wanted;
      }),
    [decide],
  );

  const asked = useMutation({
    mutationFn: (about: readonly Suspect[]) => askAgain(about.map(({ asset_id }) => asset_id)),
    onSuccess: ({ asset_ids }) => {
      put((map) => {
        for (const id of asset_ids)
          map.set(id, { verb: "asked", name: null, submissionId: null, own: false });
      });
      notifications.show({
        title: `${plural(asset_ids.length, "label goes", "labels go")} to somebody else`,
        message: "They come first in the queue; the labels hold until they are outvoted.",
        color: "teal",
      });
    },
    onError: showFailure,
  });
  const { mutate } = asked;
  const ask = useCallback<SuspectsDesk["ask"]>(
    (about) => {
      const open = about.filter(({ asset_id }) => !latest.current.has(asset_id));
      if (open.length > 0) mutate(open);
    },
    [mutate],
  );

  const undo = useCallback<SuspectsDesk["undo"]>(
    (wanted) => {
      const last = [...latest.current].reverse().find(([, { submissionId }]) => submissionId);
      const id = wanted ?? last?.[0];
      const outcome = id === undefined ? undefined : latest.current.get(id);
      if (id === undefined || !outcome?.submissionId) return null;
      if (!outbox.takeBack(outcome.submissionId)) {
        moved.current.add(id);
        outbox.add({
          kind: outcome.own ? "undo" : "undo_review",
          asset_id: id,
          submission_id: newId(),
        });
      }
      put((map) => void map.delete(id));
      return id;
    },
    [outbox, put],
  );

  return useMemo(
    () => ({ all, error, outcomes, keep, fix, ask, asking: asked.isPending, undo }),
    [all, error, outcomes, keep, fix, ask, asked.isPending, undo],
  );
}

/** A review of somebody else's label; one's own is given again. `seen` tells which entry was seen. */
function cargoOf(
  one: Suspect,
  seen: Suspect | null,
  own: boolean,
  name: string | null,
  seconds: number,
  id: string,
): Cargo {
  const body = { asset_id: one.asset_id, seconds, submission_id: id };
  const value = name === null ? null : { type: "class" as const, name };
  if (own)
    return {
      kind: "label",
      body: {
        ...body,
        action: "label",
        value: value ?? { type: "class", name: one.given },
        expected_version: seen?.version ?? null,
      },
    };
  const action = value === null ? "accept" : "fix";
  return {
    kind: "review",
    body: { ...body, action, value, label_seq: seen?.label_seq ?? null, comment: null },
  };
}

/** What was decided here is read anew elsewhere. */
function useTouch(): void {
  const client = useQueryClient();
  useEffect(
    () =>
      onDelivered((delivery) => {
        const id =
          delivery.of === "review" ? delivery.review.asset_id : delivery.annotation.asset_id;
        void client.invalidateQueries({ queryKey: ["asset", id] });
        for (const key of ["review-counts", "assets", "facets"])
          void client.invalidateQueries({ queryKey: [key] });
      }),
    [client],
  );
}
