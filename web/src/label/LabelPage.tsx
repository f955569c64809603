/** Label: one asset, a few keys, next. The task decides which editor is on the stage. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import type { ProjectInfo } from "../api/types";
import { Empty } from "../parts/Notices";
import { EDITORS, WANTED } from "./editors";
import { openOutbox } from "./outboxStore";
import { useLabelSession } from "./useLabelSession";
import { Workplace } from "./Workplace";

export function LabelPage() {
  const project = useQuery(projectQuery).data;
  const me = useQuery(sessionQuery).data;
  if (!project || !me) return null;
  const wanted = WANTED[project.task];
  if (wanted && wanted !== project.media)
    return (
      <Empty title={`There are no ${project.task} on a ${project.media}`}>
        The task {project.task} needs assets of the kind {wanted}. Make a project with{" "}
        <code>
          querist init --task {project.task} --media {wanted}
        </code>
        .
      </Empty>
    );
  return (
    <Suspense fallback={<Skeleton height="100%" radius={0} />}>
      <Desk project={project} scope={`${project.name}/${me.name}`} />
    </Suspense>
  );
}

function Desk({ project, scope }: { project: ProjectInfo; scope: string }) {
  const session = useLabelSession(openOutbox(scope), project.ontology.version);
  const Editor = EDITORS[project.task];
  return (
    <Editor project={project} scope={scope} session={session} drafts={scope} frame={Workplace} />
  );
}
