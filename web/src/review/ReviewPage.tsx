/** Review: is this label right? The most doubtful first, everybody's answer beside it, one key. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Suspense } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import { mayBrowse } from "../api/types";
import { NotYours } from "../parts/Notices";
import { ReviewDesk } from "./ReviewDesk";
import { SuspectsDesk } from "./SuspectsDesk";

export function ReviewPage() {
  const project = useQuery(projectQuery).data;
  const me = useQuery(sessionQuery).data;
  const { state } = useSearch({ from: "/review" });
  if (!project || !me) return null;
  if (!mayBrowse(me)) return <NotYours page="Review" needed="reviewer" role={me.role} />;
  return (
    <Suspense fallback={<Skeleton height="100%" radius={0} />}>
      {state === "suspect" ? (
        <SuspectsDesk project={project} me={me} />
      ) : (
        <ReviewDesk project={project} scope={`${project.name}/${me.name}`} />
      )}
    </Suspense>
  );
}
