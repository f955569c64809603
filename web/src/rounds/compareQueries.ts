/** What the comparison reads from the server. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Fate } from "./compareSearch";

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/models", { signal })),
  staleTime: 2_000,
});

export const comparisonQuery = (first: string, second: string) =>
  queryOptions({
    queryKey: ["comparison", first, second],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/comparison", { params: { query: { first, second } }, signal })),
    staleTime: 10_000,
    enabled: first !== "" && second !== "",
  });

export const bothQuery = (id: string, first: string, second: string) =>
  queryOptions({
    queryKey: ["comparison", first, second, id],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/v1/comparison/asset", { params: { query: { id, first, second } }, signal }),
      ),
    staleTime: 10_000,
  });

export const thresholdsQuery = (model: string, confidence: number, overlap: number) =>
  queryOptions({
    queryKey: ["thresholds", model, confidence, overlap],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/v1/thresholds", {
          params: { query: { model, confidence, overlap } },
          signal,
        }),
      ),
    staleTime: 10_000,
    // While the slider moves the figures of before stay where they are.
    placeholderData: keepPreviousData,
  });

type At = { model: string; confidence: number; overlap: number };

export const fateQuery = (at: At, name: string, fate: Fate) =>
  queryOptions({
    queryKey: ["thresholds", at.model, at.confidence, at.overlap, name, fate],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/v1/thresholds/assets", { params: { query: { ...at, name, fate } }, signal }),
      ),
    staleTime: 10_000,
  });

export const reliabilityQuery = (model: string) =>
  queryOptions({
    queryKey: ["reliability", model],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/reliability", { params: { query: { model } }, signal })),
    staleTime: 10_000,
  });
