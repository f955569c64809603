/** What the team page reads from the server and asks it to do. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { components, paths } from "../api/schema";
import type { ConsensusMethod, Value } from "../api/types";

type Bodies = components["schemas"];

export const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/team", { signal })),
  staleTime: 5_000,
});

export const reportsQuery = queryOptions({
  queryKey: ["reports"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/team/reports", { signal })),
  staleTime: 5_000,
});

export const agreementQuery = queryOptions({
  queryKey: ["agreement"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/agreement", { signal })),
  staleTime: 5_000,
});

export const disputesQuery = queryOptions({
  queryKey: ["disputes"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/opinions/disputes", { signal })),
  staleTime: 2_000,
});

/** What one person said about assets that are asked of several, and about gold questions. */
export const saidQuery = (annotator: string) =>
  queryOptions({
    queryKey: ["opinions", "of", annotator],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/v1/opinions", { params: { query: { annotator, limit: 1000 } }, signal }),
      ),
    staleTime: 5_000,
  });

export const goldQuery = (retired: boolean) =>
  queryOptions({
    queryKey: ["gold", retired],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/gold", { params: { query: { retired } }, signal })),
    staleTime: 2_000,
  });

type ReviewFilter = NonNullable<paths["/api/v1/review"]["get"]["parameters"]["query"]>;

/** Labels that a reviewer has accepted, those that the model doubts most first. */
export const hardQuery = queryOptions({
  queryKey: ["reports", "hard"],
  queryFn: ({ signal }) => {
    const query: ReviewFilter = { state: "accepted", limit: 50 };
    return answer(api.GET("/api/v1/review", { params: { query }, signal }));
  },
  staleTime: 5_000,
});

/** How far the suggestion sways people, where some tasks go out without it. */
export const swayQuery = queryOptions({
  queryKey: ["sway"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/sway", { signal })),
  staleTime: 5_000,
});

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/team/invitations", { signal })),
  staleTime: 2_000,
});

export const changePerson = (name: string, body: Bodies["PersonRequest"]) =>
  answer(api.PUT("/api/v1/team/people/{name}", { params: { path: { name } }, body }));

export const invite = (body: Bodies["InviteRequest"]) =>
  answer(api.POST("/api/v1/team/invitations", { body }));

export const withdraw = (id: number) =>
  answer(
    api.DELETE("/api/v1/team/invitations/{invitation_id}", {
      params: { path: { invitation_id: id } },
    }),
  );

export const addGold = (assetId: string, value: Value, note = "") =>
  answer(api.POST("/api/v1/gold", { body: { asset_id: assetId, value, note } }));

export const retireGold = (assetId: string) =>
  answer(api.POST("/api/v1/gold/retire", { body: { asset_id: assetId, note: "" } }));

export const previewConsensus = (method: ConsensusMethod) =>
  answer(api.POST("/api/v1/opinions/preview", { body: { method } }));

export const recomputeConsensus = (method: ConsensusMethod) =>
  answer(api.POST("/api/v1/opinions/recompute", { body: { method } }));

export const takeBackConsensus = (run: string) =>
  answer(api.POST("/api/v1/opinions/take-back", { body: { run } }));
