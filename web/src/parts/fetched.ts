/** Parts of the app that are fetched when they are first needed. */
import { answer, api, isOffline } from "../api/client";

/**
 * `part`, or the reason why it did not come. The router meets a missing part with a reload, which
 * is right after an update; without a server a reload would lose the whole app, so that is told.
 */
export async function fetched<Part>(part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch (failure) {
    await reach();
    throw failure;
  }
}

/** Returns when the server answers, whatever it says; throws when it cannot be reached. */
export async function reach(): Promise<void> {
  try {
    await answer(api.GET("/api/v1/session"));
  } catch (failure) {
    if (isOffline(failure)) throw failure;
  }
}
