/** What the review page reads from the server. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { paths } from "../api/schema";

type Filter = NonNullable<paths["/api/v1/review"]["get"]["parameters"]["query"]>;

export const readReviews = (query: Filter) =>
  answer(api.GET("/api/v1/review", { params: { query } }));

export const readDisputes = () => answer(api.GET("/api/v1/opinions/disputes"));

/** The labels that models doubt which have not seen them; read once a visit, for judging takes a while. */
export const suspectsQuery = queryOptions({
  queryKey: ["suspects"],
  queryFn: ({ signal }) =>
    answer(api.GET("/api/v1/suspects", { params: { query: { limit: 1000 } }, signal })),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
  retry: false,
  refetchOnWindowFocus: false,
});

export const reviewCountsQuery = queryOptions({
  queryKey: ["review-counts"],
  queryFn: async () => {
    const [page, disputes] = await Promise.all([readReviews({ limit: 1 }), readDisputes()]);
    return { ...page.counts, disputed: disputes.length };
  },
  staleTime: 2_000,
});

export const askAgain = (assetIds: readonly string[]) =>
  answer(api.POST("/api/v1/second-opinions", { body: { asset_ids: [...assetIds] } }));

/** Everything that people said about one asset, those that were taken back included. */
export const opinionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["opinions", id],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/v1/opinions", { params: { query: { asset_id: id, limit: 1000 } }, signal }),
      ),
    staleTime: 2_000,
  });

export const reviewHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ["review-history", id],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/review/history", { params: { query: { id } }, signal })),
    staleTime: 2_000,
  });
