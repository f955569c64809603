/** What first guesses rest on: examples that stay in this tab, words, and the job that guesses. */
import { useSessionStorage } from "@mantine/hooks";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { guessFirst } from "../api/actions";
import { pageQuery, sessionQuery } from "../api/queries";
import type { ProjectInfo } from "../api/types";
import { useOneJob } from "../jobs/useOneJob";
import type { Offered } from "./ExampleGrid";
import { byClass, type Examples, given, offsetsOf } from "./examples";
import { readWords } from "./words";

export function useGuesses(project: ProjectInfo, sample: number) {
  const me = useQuery(sessionQuery).data;
  const names = useMemo(() => project.ontology.classes.map(({ name }) => name), [project]);
  const [examples, setExamples] = useSessionStorage<Examples>({
    key: `querist-examples/${project.name}/${me?.name}`,
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const [brush, setBrush] = useState<string | null>(names[0] ?? null);
  const [text, setText] = useState("");
  const reads = project.media === "text";
  const words = readWords(text, names);
  const shown = byClass(examples);
  const job = useOneJob("zero_shot", guessFirst);
  const told = reads ? names.length : Object.keys(shown).length;
  const ready = told >= 2 && words.problem === null && !job.busy;
  return {
    names,
    reads,
    examples,
    shown,
    told,
    brush,
    setBrush,
    text,
    setText,
    words,
    job,
    ready,
    offered: useOffered(project, sample, examples),
    give: (asset: Offered, name = brush) => {
      if (name !== null) setExamples((old) => given(old, asset, name));
    },
    clear: () => setExamples({}),
    guess: () =>
      ready && job.start.mutate({ describe: reads ? words.describe : null, examples: shown }),
  };
}

export type Guesses = ReturnType<typeof useGuesses>;

/** A sample from all over the catalog; before it the examples that were chosen from another. */
function useOffered(project: ProjectInfo, sample: number, examples: Examples): Offered[] | null {
  const cards = useQueries({
    queries: offsetsOf(project.asset_count, sample).map(({ offset, limit }) =>
      pageQuery({}, offset, limit),
    ),
    combine: (pages) =>
      pages.every(({ data }) => data) ? pages.flatMap(({ data }) => data?.items ?? []) : null,
  });
  if (cards === null) return null;
  const here = new Set(cards.map(({ id }) => id));
  const elsewhere = Object.entries(examples)
    .filter(([id]) => !here.has(id))
    .map(([id, { text }]) => ({ id, text }));
  return [...elsewhere, ...cards.map(({ id, text }) => ({ id, text }))];
}
