/** Which editor a task has, and what assets it needs. */
import { type ComponentType, lazy } from "react";
import type { Media, ProjectInfo } from "../api/types";
import { fetched } from "../parts/fetched";
import { ClassEditor } from "./ClassEditor";
import { ClassesEditor } from "./ClassesEditor";
import { NumberEditor } from "./NumberEditor";
import type { EditorProps } from "./Workplace";

const ShapesEditor = lazy(() =>
  fetched(import("../shapes/ShapesEditor")).then((found) => ({ default: found.ShapesEditor })),
);
const SpansEditor = lazy(() =>
  fetched(import("../spans/SpansEditor")).then((found) => ({ default: found.SpansEditor })),
);

export const EDITORS: Record<ProjectInfo["task"], ComponentType<EditorProps>> = {
  classification: ClassEditor,
  multi_label: ClassesEditor,
  regression: NumberEditor,
  boxes: ShapesEditor,
  polygons: ShapesEditor,
  spans: SpansEditor,
};

export const WANTED: Partial<Record<ProjectInfo["task"], Media>> = {
  boxes: "image",
  polygons: "image",
  spans: "text",
};
