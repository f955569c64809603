/** The editor of the task over a label of somebody else; what it submits is the fix of a review. */
import { Skeleton } from "@mantine/core";
import { Suspense, useCallback, useMemo, useRef } from "react";
import type { ProjectInfo, Value } from "../api/types";
import { EDITORS } from "../label/editors";
import label from "../label/label.module.css";
import { PurposeContext } from "../label/purpose";
import { type Decision, emptySession, type Item } from "../label/session";
import type { LabelSession } from "../label/useLabelSession";
import type { FrameProps } from "../label/Workplace";
import type { Subject } from "./answers";
import type { About } from "./useSubject";

type Props = {
  project: ProjectInfo;
  scope: string;
  subject: Subject;
  about: About;
  leave: () => void;
  fix: (value: Value, seconds: number) => void;
};

export function FixEditor({ project, scope, subject, about, leave, fix }: Props) {
  const Editor = EDITORS[project.task];
  const session = useFixSession({ subject, about, leave, fix });
  const of = about.shown?.who ?? "";
  const purpose = useMemo(() => ({ kind: "fix" as const, of }), [of]);
  if (!session) return <Skeleton height="100%" radius={0} />;
  return (
    <PurposeContext value={purpose}>
      <Suspense fallback={<Skeleton height="100%" radius={0} />}>
        <Editor
          project={project}
          scope={scope}
          session={session}
          drafts={`${scope}/fix-${about.label?.seq ?? "dispute"}-${of}`}
          frame={Frame}
        />
      </Suspense>
    </PurposeContext>
  );
}

function Frame({ stage, panel }: FrameProps) {
  return (
    <div className={label.page}>
      <section className={label.work} aria-label="Label to fix">
        {stage}
      </section>
      {panel}
    </div>
  );
}

/** A labelling session with one asset in it, whose answer goes to the review; null until it is read. */
function useFixSession({
  subject,
  about,
  leave,
  fix,
}: Pick<Props, "subject" | "about" | "leave" | "fix">): LabelSession | null {
  const doing = useRef({ leave, fix });
  doing.current = { leave, fix };
  const asset = about.detail?.asset;
  const base = about.shown?.value ?? null;
  const version = about.label?.version ?? 0;
  const now = useRef<{ item: Item; edited: Decision } | null>(null);
  const at = useMemo(() => {
    if (!asset) return null;
    const item: Item = {
      asset,
      version,
      prelabel: null,
      confidence: null,
      model_id: null,
      why: "",
      taskId: null,
      round: null,
    };
    const submissionId = `fix-${subject.id}`;
    const edited: Decision = { submissionId, item, action: "label", value: base, version };
    return { item, edited };
  }, [asset, version, base, subject.id]);
  now.current = at;
  const decide = useCallback<LabelSession["decide"]>((action, value, seconds) => {
    if (action === "label" && value) doing.current.fix(value, seconds);
  }, []);
  return useMemo(
    () =>
      at && {
        state: emptySession,
        item: at.item,
        edited: at.edited,
        failure: null,
        decide,
        now: () => now.current,
        undo: () => null,
        edit: () => doing.current.leave(),
        step: () => undefined,
        settle: () => undefined,
        anew: () => undefined,
        reload: () => undefined,
      },
    [at, decide],
  );
}
