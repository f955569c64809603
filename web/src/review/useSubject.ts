/** What is known about the subject on the stage, and what the reviewer looks at of it. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { assetQuery } from "../api/queries";
import type { Annotation, AssetDetail, Review } from "../api/types";
import { type Answer, answersOf, type Subject } from "./answers";
import { opinionsQuery, reviewHistoryQuery } from "./queries";

export type About = {
  detail: AssetDetail | null;
  /** The label that holds, as new as it is known. */
  label: Annotation | null;
  answers: readonly Answer[];
  /** The answer that is on the stage. */
  shown: Answer | null;
  show: (at: number) => void;
  reviews: readonly Review[];
  /** Whether the model was asked. */
  asked: boolean;
  /** The word with which it is sent back, while it is written. */
  word: string | null;
  change: (part: Partial<Looks>) => void;
};

type Looks = { at: number; asked: boolean; word: string | null };

const NOTHING: Looks = { at: 0, asked: false, word: null };

export function useSubject(subject: Subject | null): About {
  const id = subject?.id ?? "";
  const enabled = subject !== null;
  const found = useQuery({ ...assetQuery(id), enabled }).data;
  const detail = found?.asset.id === id ? found : null;
  const opinions = useQuery({ ...opinionsQuery(id), enabled }).data;
  const reviews = useQuery({ ...reviewHistoryQuery(id), enabled }).data?.reviews;
  const label = newest(subject, detail);
  const answers = useMemo(
    () => answersOf(label, detail?.history ?? [], opinions ?? []),
    [label, detail, opinions],
  );
  // What is looked at belongs to one subject, and to one label of it.
  const of = `${id}/${subject?.seq ?? ""}`;
  const [kept, setKept] = useState<{ of: string; looks: Looks }>({ of, looks: NOTHING });
  const looks = kept.of === of ? kept.looks : NOTHING;
  const change = useCallback(
    (part: Partial<Looks>) =>
      setKept((old) => ({ of, looks: { ...(old.of === of ? old.looks : NOTHING), ...part } })),
    [of],
  );
  const show = useCallback((at: number) => change({ at }), [change]);
  const shown = answers[looks.at] ?? answers[0] ?? null;
  return useMemo(
    () => ({
      ...{ detail, label, answers, shown, show, change },
      reviews: reviews ?? [],
      asked: looks.asked,
      word: looks.word,
    }),
    [detail, label, answers, shown, show, change, reviews, looks],
  );
}

function newest(subject: Subject | null, detail: AssetDetail | null): Annotation | null {
  const known = subject?.label ?? null;
  const read = detail?.label ?? null;
  if (!known || !read?.value || subject?.seq === null) return known;
  return read.seq > known.seq ? read : known;
}
