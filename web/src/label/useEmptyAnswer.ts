/** Keeps an editor from storing an empty answer over suggestions that nobody has decided on. */
import { useCallback, useLayoutEffect, useState } from "react";
import { EmptyAnswer } from "./emptyAnswer";
import type { LabelSession } from "./useLabelSession";

export type Emptiness = {
  /** How many suggestions wait for a second press; 0 while none was asked for. */
  asked: number;
  /** Whether an empty answer may be submitted now. */
  give: () => boolean;
};

/** `waiting` counts the suggestions on the screen while there is nothing to submit. */
export function useEmptyAnswer(session: LabelSession, waiting: number): Emptiness {
  const [answer] = useState(() => new EmptyAnswer());
  const [asked, setAsked] = useState(false);
  const subject = subjectOf(session);
  useLayoutEffect(() => {
    answer.show(subject, waiting);
    setAsked(answer.isAsked);
  }, [answer, subject, waiting]);
  const give = useCallback(() => {
    const gives = answer.give(subjectOf(session.now()));
    setAsked(answer.isAsked);
    return gives;
  }, [answer, session]);
  return { asked: asked ? waiting : 0, give };
}

function subjectOf(at: Pick<LabelSession, "item" | "edited"> | null): string | null {
  return at?.item ? `${at.item.asset.id}/${at.edited?.submissionId ?? ""}` : null;
}
