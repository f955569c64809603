/** Lets people in: takes the one-time token out of the address, or asks for one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { openSession } from "../api/actions";
import { ApiError } from "../api/client";
import { connectEvents } from "../api/events";
import { sessionQuery } from "../api/queries";
import { router } from "../routes";
import { LoginPage } from "./LoginPage";
import { takeToken } from "./token";

const firstToken = takeToken(window.location, window.history);

export function SessionGate() {
  const client = useQueryClient();
  const [redeeming, setRedeeming] = useState(firstToken !== null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const session = useQuery({ ...sessionQuery, enabled: !redeeming });

  useEffect(() => {
    if (firstToken === null) return;
    redeem(firstToken)
      .then((me) => client.setQueryData(sessionQuery.queryKey, me))
      .catch((failure: unknown) => setProblem(failure instanceof ApiError ? failure : null))
      .finally(() => setRedeeming(false));
  }, [client]);

  const signedIn = session.isSuccess;
  useEffect(() => (signedIn ? connectEvents(client) : undefined), [client, signedIn]);

  if (signedIn) return <RouterProvider router={router} />;
  if (redeeming || session.isPending) return null;
  return (
    <LoginPage
      problem={problem ?? (session.error instanceof ApiError ? session.error : null)}
      enter={async (token) => {
        setProblem(null);
        client.setQueryData(sessionQuery.queryKey, await openSession(token));
      }}
    />
  );
}

let redeemed: ReturnType<typeof openSession> | null = null;

/** A token works once; React may run effects twice. */
function redeem(token: string): ReturnType<typeof openSession> {
  redeemed ??= openSession(token);
  return redeemed;
}
