/** What the screens read from the server, each under one cache key. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api } from "./client";
import { mergeAnswer } from "./jobList";
import type { Filter, Job, OntologyChange, Sort } from "./types";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/session", { signal })),
  retry: false,
  staleTime: Number.POSITIVE_INFINITY,
});

export const projectQuery = queryOptions({
  queryKey: ["project"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/project", { signal })),
  staleTime: 30_000,
});

export const homeQuery = queryOptions({
  queryKey: ["home"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/home", { signal })),
  staleTime: 2_000,
});

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: async ({ signal, client, queryKey }) => {
    const found = await answer(api.GET("/api/v1/jobs", { signal }));
    return mergeAnswer(client.getQueryData<Job[]>(queryKey) ?? [], found);
  },
  staleTime: 10_000,
});

export const jobLogQuery = (id: string, live: boolean) =>
  queryOptions({
    queryKey: ["job-log", id],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/jobs/{job_id}/log", { params: { path: { job_id: id } }, signal })),
    refetchInterval: live ? 1_500 : false,
  });

export const roundsQuery = queryOptions({
  queryKey: ["rounds"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/rounds", { signal })),
  staleTime: 2_000,
});

export const roundQuery = (number: number) =>
  queryOptions({
    queryKey: ["round", number],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/rounds/{number}", { params: { path: { number } }, signal })),
    staleTime: 2_000,
  });

export const ontologyQuery = queryOptions({
  queryKey: ["ontology"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/ontology", { signal })),
  staleTime: 2_000,
});

/** What a change of the version that is seen would touch. */
export const changePreviewQuery = (change: OntologyChange, version: number) =>
  queryOptions({
    queryKey: ["ontology-preview", version, change],
    queryFn: ({ signal }) =>
      answer(api.POST("/api/v1/ontology/preview", { body: { change }, signal })),
    staleTime: 2_000,
    gcTime: 60_000,
    retry: false,
  });

export const recentQuery = queryOptions({
  queryKey: ["recent"],
  queryFn: ({ signal }) =>
    answer(api.GET("/api/v1/labels/recent", { params: { query: { limit: 20 } }, signal })),
  staleTime: 0,
  gcTime: 0,
  refetchOnWindowFocus: false,
});

export const facetsQuery = (filter: Filter) =>
  queryOptions({
    queryKey: ["facets", filter],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/assets/facets", { params: { query: filter }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });

export type View = Filter & { sort?: Sort };

export const pageQuery = (view: View, offset: number, limit: number) =>
  queryOptions({
    queryKey: ["assets", view, offset, limit],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/assets", { params: { query: { ...view, offset, limit } }, signal })),
    staleTime: 15_000,
  });

export const assetQuery = (id: string) =>
  queryOptions({
    queryKey: ["asset", id],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/asset", { params: { query: { id } }, signal })),
    staleTime: 2_000,
    placeholderData: keepPreviousData,
  });

/** Some assets by their ids, such as those of a finding; their texts do not change. */
export const cardsQuery = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ["cards", ids],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/assets/cards", { params: { query: { id: [...ids] } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

/** Whether what tells the newest model's doubt is trained. */
export const doubtStateQuery = (model: string) =>
  queryOptions({
    queryKey: ["doubt", "state", model],
    queryFn: ({ signal }) => answer(api.GET("/api/v1/doubt", { signal })),
    staleTime: 10_000,
  });

/** Why a model is unsure of an asset; refused until what tells it is trained. */
export const doubtQuery = (id: string, model: string) =>
  queryOptions({
    queryKey: ["doubt", "asset", id, model],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/asset/doubt", { params: { query: { id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** How people are asked: overlap, skills, and what measures them. */
export const policyQuery = queryOptions({
  queryKey: ["policy"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/settings/labeling", { signal })),
  staleTime: 5_000,
});
