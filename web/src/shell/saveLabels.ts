/** Save all labels as a file, and tell what it leaves out. */
import { notifications } from "@mantine/notifications";
import { answer, api } from "../api/client";
import { showFailure } from "../jobs/useRoundJobs";

export async function saveLabels(project: string, format: "csv" | "jsonl"): Promise<void> {
  try {
    const asked = api.GET("/api/v1/labels/export", {
      params: { query: { format } },
      parseAs: "blob",
    });
    const url = URL.createObjectURL((await answer(asked)) as Blob);
    const link = document.createElement("a");
    link.href = url;
    link.download = `${project}-labels.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    const told = (await asked).response.headers.get("X-Querist-Warnings");
    if (told) notifications.show({ color: "yellow", title: "The labels are saved", message: told });
  } catch (failure) {
    showFailure(failure);
  }
}
