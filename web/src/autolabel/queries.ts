/** What the page of auto-labels reads from the server and asks it to do. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";

export const setsQuery = queryOptions({
  queryKey: ["auto-sets"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/autolabel/sets", { signal })),
  staleTime: 2_000,
});

/** A proposal never changes once it is made. */
export const proposalQuery = (id: string) =>
  queryOptions({
    queryKey: ["auto-proposal", id],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/v1/autolabel/proposals/{proposal_id}", {
          params: { path: { proposal_id: id } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export const propose = (body: { max_error: number; confidence: number }) =>
  answer(api.POST("/api/v1/autolabel/proposals", { body }));

export const askChecks = (body: { count: number; max_error: number }) =>
  answer(api.POST("/api/v1/autolabel/checks", { body }));

export const acceptProposal = (id: string) =>
  answer(api.POST("/api/v1/autolabel/sets", { body: { proposal: id } }));

export const auditSets = (count: number) =>
  answer(api.POST("/api/v1/autolabel/audit", { body: { count } }));

export const rollBack = (id: string, reason: string) =>
  answer(
    api.POST("/api/v1/autolabel/sets/{set_id}/roll-back", {
      params: { path: { set_id: id } },
      body: { reason },
    }),
  );
