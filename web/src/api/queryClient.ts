/** The cache of server state; a session that has ended anywhere leads back to the sign-in page. */
import { notifyManager, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";
import { sessionQuery } from "./queries";

// What a click has begun is seen before the next click, so that its button takes no second one.
notifyManager.setScheduler(queueMicrotask);

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (query.queryKey[0] !== sessionQuery.queryKey[0]) noticeFailure(error);
    },
  }),
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        error instanceof ApiError ? error.passing && failures < 3 : failures < 2,
    },
  },
});

/** Ask again who is signed in when the server says that nobody is. */
export function noticeFailure(error: unknown): void {
  if (error instanceof ApiError && error.status === 401)
    void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
}
