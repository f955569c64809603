/** What the review page reads from the server. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { paths } from "../api/schema";

type Filter = NonNullable<paths["/api/v1/review"]["get"]["parameters"]["query"]>;

export const readReviews = (query: Filter) =>
  answer(api.GET("/api/v1/review", { params: { query } }));

export const readDisputes = () => answer(api.GET("/api/v1/opinions/disputes"));

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
