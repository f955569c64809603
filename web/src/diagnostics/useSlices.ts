/** Saved slices: what the server tells of them, and keeping or forgetting one. */
import { notifications } from "@mantine/notifications";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Filter } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";

export const slicesQuery = queryOptions({
  queryKey: ["slices"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/slices", { signal })),
  staleTime: 5_000,
});

/** A slice that a diagnosis found, or the filters of the catalog under a name. */
export type NewSlice = { finding: string } | { name: string; filter: Filter };

export function useSaveSlice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (made: NewSlice) =>
      answer(
        "finding" in made
          ? api.POST("/api/v1/slices", { body: { finding: made.finding } })
          : api.POST("/api/v1/slices", {
              body: { name: made.name },
              params: { query: made.filter },
            }),
      ),
    onSuccess: (saved) => {
      notifications.show({ message: `Saved the slice “${saved.name}”. Diagnose follows it.` });
      return client.invalidateQueries({ queryKey: slicesQuery.queryKey });
    },
    onError: showFailure,
  });
}

export function useRemoveSlice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      answer(api.DELETE("/api/v1/slices", { params: { query: { name } } })),
    onError: showFailure,
    // Also after a failure: another may have forgotten it first, and then its row is to go.
    onSettled: () => client.invalidateQueries({ queryKey: slicesQuery.queryKey }),
  });
}
