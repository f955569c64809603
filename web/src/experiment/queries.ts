/** What the page of experiments reads from the server and asks it to do. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Experiment } from "../api/types";

export const experimentsQuery = queryOptions({
  queryKey: ["experiments"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/experiments", { signal })),
  staleTime: 2_000,
});

export const runExperiment = (source: Experiment["source"] | undefined) =>
  answer(api.POST("/api/v1/experiments", { body: { source, seeds: 8, rounds: 10 } }));
