/** What the diagnosis reads from the server. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";

export const findingsQuery = (round: number | undefined) =>
  queryOptions({
    queryKey: ["findings", round ?? "newest"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/findings", { params: { query: { round: round ?? null } }, signal })),
    staleTime: 2_000,
  });

export const confusionsQuery = (round: number | undefined) =>
  queryOptions({
    queryKey: ["confusions", round ?? "newest"],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/v1/confusions", { params: { query: { round: round ?? null } }, signal }),
      ),
    staleTime: 5_000,
  });

export const lessonsQuery = (round: number | undefined) =>
  queryOptions({
    queryKey: ["lessons", round ?? "newest"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/lessons", { params: { query: { round: round ?? null } }, signal })),
    staleTime: 60_000,
  });
