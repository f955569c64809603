/** Sends a file of this computer as the body of a request, and tells how much of it has gone. */
import { ApiError, failed } from "../api/client";
import type { Job } from "../api/types";

/** What the server takes at most; beyond it the answer would be lost while the file still goes. */
export const MOST_BYTES = 2 ** 30;

export type Sending = {
  file: File;
  /** What the route asks for beside the file. */
  told: Record<string, string | boolean>;
  /** Aborts it; nothing is kept of what has gone. */
  signal: AbortSignal;
  /** From 0 to 1. */
  progress: (share: number) => void;
};

export function upload(path: string, { file, told, signal, progress }: Sending): Promise<Job> {
  const query = new URLSearchParams({ filename: file.name });
  for (const [name, value] of Object.entries(told)) query.set(name, String(value));
  return new Promise((resolve, reject) => {
    if (file.size > MOST_BYTES) {
      reject(
        new ApiError(422, {
          code: "invalid_input",
          message: `${file.name} is larger than 1 GiB.`,
          remedy: "Copy it to the machine that runs Querist, and give its path there.",
        }),
      );
      return;
    }
    // fetch does not tell how much has gone.
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1${path}?${query}`);
    request.setRequestHeader("X-Querist", "1");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () =>
      request.status < 300
        ? resolve(request.response as Job)
        : reject(failed(request.status, request.response));
    request.onerror = async () => reject((await isReadable(file)) ? failed(0, null) : gone(file));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** A browser does not read a file that was changed since it was chosen, nor a folder. */
async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function gone(file: File): ApiError {
  return new ApiError(422, {
    code: "invalid_input",
    message: `${file.name} cannot be read: it is a folder, or was changed since it was chosen.`,
    remedy: "Choose the file again.",
  });
}
