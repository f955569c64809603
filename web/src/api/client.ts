/** The typed client, and one kind of error for everything that can go wrong. */
import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { ErrorBody } from "./types";

const ROOT = "/api/v1";

/** Unsafe requests carry a header that no other site can set. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  headers: { "X-Querist": "1" },
  credentials: "same-origin",
});

/** What went wrong, with which value, and what to do: the server's own error shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly details: Record<string, unknown>;

  constructor(status: number, body: Omit<ErrorBody, "details"> & Partial<ErrorBody>) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.remedy = body.remedy;
    this.details = body.details ?? {};
  }

  /** Whether trying the same again later can help: no network, a busy or a failing server. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** Whether no server answered at all. */
export function isOffline(error: unknown): boolean {
  return error instanceof ApiError && error.status === 0;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer; throws `ApiError` for a refusal, a failure, or no answer at all. */
export async function answer<T>(pending: Promise<Answer<T>>): Promise<T> {
  let result: Answer<T>;
  try {
    result = await pending;
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw failed(0, null);
  }
  if (result.response.ok) return result.data as T;
  throw failed(result.response.status, result.error);
}

/** What an answer says went wrong; status 0 where none came. */
export function failed(status: number, body: unknown): ApiError {
  if (status === 0)
    return new ApiError(0, {
      code: "offline",
      message: "The server cannot be reached.",
      remedy: "Check that `querist serve` still runs; unsaved work waits here meanwhile.",
    });
  const found = typeof body === "object" && body !== null && "error" in body ? body.error : null;
  if (isErrorBody(found)) return new ApiError(status, found);
  return new ApiError(status, {
    code: "error",
    message: `The server answered with status ${status}.`,
    remedy: "Try again; if it stays so, look at the server's output.",
  });
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === "object" && value !== null && "message" in value && "remedy" in value;
}

function address(path: string, id: string): string {
  return `${ROOT}${path}?id=${encodeURIComponent(id)}`;
}

export const thumbnailUrl = (id: string): string => address("/asset/thumbnail", id);
export const contentUrl = (id: string): string => address("/asset/content", id);
export const eventsUrl = `${ROOT}/events`;
