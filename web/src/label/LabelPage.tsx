/** Label: one asset, a few keys, next. The task decides which editor is on the stage. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import type { Media, ProjectInfo } from "../api/types";
import { Empty } from "../parts/Notices";
import { ClassEditor } from "./ClassEditor";
import { ClassesEditor } from "./ClassesEditor";
import { NumberEditor } from "./NumberEditor";
import type { EditorProps } from "./Workplace";

const ShapesEditor = lazy(() =>
  import("../shapes/ShapesEditor").then((found) => ({ default: found.ShapesEditor })),
);
const SpansEditor = lazy(() =>
  import("../spans/SpansEditor").then((found) => ({ default: found.SpansEditor })),
);

const EDITORS: Record<ProjectInfo["task"], ComponentType<EditorProps>> = {
  classification: ClassEditor,
  multi_label: ClassesEditor,
  regression: NumberEditor,
  boxes: ShapesEditor,
  polygons: ShapesEditor,
  spans: SpansEditor,
};

const WANTED: Partial<Record<ProjectInfo["task"], Media>> = {
  boxes: "image",
  polygons: "image",
  spans: "text",
};

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
  const Editor = EDITORS[project.task];
  return (
    <Suspense fallback={<Skeleton height="100%" radius={0} />}>
      <Editor project={project} scope={`${project.name}/${me.name}`} />
    </Suspense>
  );
}
