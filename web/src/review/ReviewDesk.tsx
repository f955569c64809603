/** The place to review: the label on its stage, what people said beside it, and the keys. */
import { Skeleton } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, useCallback, useEffect, useRef } from "react";
import { className, type ProjectInfo } from "../api/types";
import { useKeymap } from "../keys/keyStore";
import { Conflicts } from "../label/Conflicts";
import { DecisionStrip, type StripEntry } from "../label/DecisionStrip";
import { openOutbox } from "../label/outboxStore";
import { settleIn } from "../label/settling";
import { useLabelKeys } from "../label/useLabelKeys";
import { useStopwatch } from "../label/useStopwatch";
import { fetched } from "../parts/fetched";
import { ErrorNotice } from "../parts/Notices";
import { valueText } from "../parts/valueText";
import type { Easel } from "../shapes/easel";
import { QueueEnd } from "./QueueEnd";
import { ReviewPanel } from "./ReviewPanel";
import { ReviewStage } from "./ReviewStage";
import styles from "./review.module.css";
import type { ReviewSearch } from "./reviewSearch";
import type { Reviewed, Verb } from "./reviewSession";
import { useReviewCommands } from "./useReviewCommands";
import { useReviewSession } from "./useReviewSession";
import { useSubject } from "./useSubject";
import { tallyOf, ViewBar } from "./ViewBar";

const FixEditor = lazy(() =>
  fetched(import("./FixEditor")).then((found) => ({ default: found.FixEditor })),
);

type Props = { project: ProjectInfo; scope: string };

export function ReviewDesk({ project, scope }: Props) {
  const search = useSearch({ from: "/review" });
  const navigate = useNavigate({ from: "/review" });
  const outbox = openOutbox(scope);
  const desk = useReviewSession(outbox, project, search);
  const about = useSubject(desk.subject);
  const keymap = useKeymap("review");
  const watch = useStopwatch(desk.subject?.id ?? null);
  const easel = useRef<Easel | null>(null);
  const find = useRef<HTMLInputElement>(null);
  const { subject, state } = desk;
  const fixing = search.fix === true && search.asset === subject?.id && desk.looking === null;

  const change = useCallback(
    (part: Partial<ReviewSearch>) =>
      void navigate({ search: (old) => ({ ...old, asset: undefined, fix: undefined, ...part }) }),
    [navigate],
  );
  const open = useCallback(
    (fix: true | undefined) => void navigate({ search: (old) => ({ ...old, fix }) }),
    [navigate],
  );
  const id = subject?.id;
  const known = search.asset;
  useEffect(() => {
    if (!state.loaded || id === known) return;
    void navigate({
      search: (old) => ({ ...old, asset: id, fix: undefined }),
      replace: true,
      resetScroll: false,
    });
  }, [state.loaded, id, known, navigate]);

  const obey = useReviewCommands({
    project,
    desk,
    about,
    easel,
    find,
    seconds: () => watch.seconds(),
    openEditor: () => open(true),
  });
  useLabelKeys(
    keymap,
    useCallback((command) => (fixing ? false : obey(command)), [fixing, obey]),
    subject !== null,
  );

  if (fixing && subject)
    return (
      <FixEditor
        project={project}
        scope={scope}
        subject={subject}
        about={about}
        leave={() => open(undefined)}
        fix={(value, seconds) => desk.review("fix", { value, seconds, seq: about.label?.seq })}
      />
    );
  return (
    <div className={styles.page}>
      <section className={styles.work} aria-label="Label to review">
        <ViewBar project={project} search={search} change={change} tally={tallyOf(state)} />
        {subject ? (
          <ReviewStage
            desk={desk}
            subject={subject}
            about={about}
            easel={easel}
            keymap={keymap}
            obey={(command) => void obey(command)}
          />
        ) : (
          <div className={styles.rest}>
            {desk.failure && !state.loaded ? (
              <ErrorNotice error={desk.failure} />
            ) : state.loaded ? (
              <QueueEnd desk={desk} search={search} change={change} />
            ) : (
              <Skeleton height="70%" width="70%" radius="lg" />
            )}
          </div>
        )}
        <DecisionStrip
          entries={state.reviewed.map(entryOf)}
          open={state.looking}
          look={desk.look}
          hint="Your last ten reviews stay here."
        />
      </section>
      <ReviewPanel
        project={project}
        scope={scope}
        desk={desk}
        about={about}
        keymap={keymap}
        obey={(command) => void obey(command)}
        find={find}
        only={(part) => change(part)}
      />
      <Conflicts
        outbox={outbox}
        media={project.media}
        keymap={keymap}
        settle={(entry, keep) => void settleIn(outbox, entry, keep)}
        again={desk.again}
      />
    </div>
  );
}

const DONE: Record<Verb, string> = {
  accept: "accepted",
  fix: "fixed",
  send_back: "sent back",
  reopen: "reopened",
  left: "left",
};

function entryOf({ submissionId, subject, verb, value }: Reviewed): StripEntry {
  const { id, media, text, label } = subject;
  const said = verb === "fix" ? `→ ${valueText(value) ?? ""}` : DONE[verb];
  const name = verb === "left" ? null : className(value ?? label?.value);
  return { submissionId, asset: { id, media, text }, said, name };
}
