/** Lets people in: takes the one-time secret out of the address, or asks for one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { acceptInvitation, openSession } from "../api/actions";
import { ApiError } from "../api/client";
import { connectEvents } from "../api/events";
import { sessionQuery } from "../api/queries";
import { router } from "../routes";
import { InvitationPage } from "./InvitationPage";
import { LoginPage } from "./LoginPage";
import { takeLink } from "./token";

const link = takeLink(window.location, window.history);
const firstToken = link?.kind === "token" ? link.secret : null;

export function SessionGate() {
  const client = useQueryClient();
  const [redeeming, setRedeeming] = useState(firstToken !== null);
  const [invitation, setInvitation] = useState(link?.kind === "invitation" ? link.secret : null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const session = useQuery({ ...sessionQuery, enabled: !redeeming && invitation === null });

  useEffect(() => {
    if (firstToken === null) return;
    redeem(firstToken)
      .then((me) => client.setQueryData(sessionQuery.queryKey, me))
      .catch((failure: unknown) => setProblem(failure instanceof ApiError ? failure : null))
      .finally(() => setRedeeming(false));
  }, [client]);

  const signedIn = session.isSuccess;
  useEffect(() => (signedIn ? connectEvents(client) : undefined), [client, signedIn]);

  if (invitation !== null)
    return (
      <InvitationPage
        join={async (name) => {
          client.setQueryData(sessionQuery.queryKey, await acceptInvitation(invitation, name));
          setInvitation(null);
        }}
      />
    );
  if (signedIn) return <RouterProvider router={router} />;
  if (redeeming || session.isPending) return null;
  return (
    <LoginPage
      problem={problem ?? (session.error instanceof ApiError ? session.error : null)}
      enter={async ({ kind, secret }) => {
        setProblem(null);
        if (kind === "invitation") setInvitation(secret);
        else client.setQueryData(sessionQuery.queryKey, await openSession(secret));
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
