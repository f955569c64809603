/** Save all labels as a file, and tell what it leaves out. */
import { notifications } from "@mantine/notifications";
import { answer, api } from "../api/client";
import type { ProjectInfo } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";

/** What a file of each format is called, and how its name ends. */
const FORMATS = {
  csv: ["CSV", "csv"],
  jsonl: ["JSONL", "jsonl"],
  coco: ["COCO", "json"],
  yolo: ["YOLO", "zip"],
} as const;

export type LabelFormat = keyof typeof FORMATS;

/** The formats that hold the labels of a task, with their names. */
export function labelFormats(task: ProjectInfo["task"]): [LabelFormat, string][] {
  const shapes = task === "boxes" || task === "polygons";
  const formats: LabelFormat[] = shapes ? ["csv", "jsonl", "coco", "yolo"] : ["csv", "jsonl"];
  return formats.map((format) => [format, FORMATS[format][0]]);
}

export async function saveLabels(project: string, format: LabelFormat): Promise<void> {
  try {
    const asked = api.GET("/api/v1/labels/export", {
      params: { query: { format } },
      parseAs: "blob",
    });
    const url = URL.createObjectURL((await answer(asked)) as Blob);
    const link = document.createElement("a");
    link.href = url;
    link.download = `${project}-labels.${FORMATS[format][1]}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    const told = (await asked).response.headers.get("X-Querist-Warnings");
    if (told) notifications.show({ color: "yellow", title: "The labels are saved", message: told });
  } catch (failure) {
    showFailure(failure);
  }
}
