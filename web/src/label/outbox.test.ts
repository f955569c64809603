/** The outbox loses nothing: not on a reload, not offline, not in a conflict. */
import { beforeEach, describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import type { Annotation, LabelBody } from "../api/types";
import { type Answer, assetOf, backOff, type Cargo, Outbox, submissionOf } from "./outbox";

function label(asset: string, id: string, version = 0): Cargo {
  const body: LabelBody = {
    asset_id: asset,
    action: "label",
    value: { type: "class", name: "boot" },
    expected_version: version,
    seconds: 1,
    task_id: 7,
    submission_id: id,
  };
  return { kind: "label", body };
}

function stored(cargo: Cargo, version = 1): Annotation {
  return {
    seq: 1,
    asset_id: assetOf(cargo),
    version,
    action: "label",
    value: null,
    annotator: "ana",
    origin: "person",
    seconds: null,
    reason: null,
    round: null,
    ontology_version: 1,
    prelabel: null,
    model_id: null,
    submission_id: "",
    created_at: "2026-01-01T00:00:00Z",
  };
}

const offline = () => new ApiError(0, { code: "offline", message: "No.", remedy: "Wait." });
const refused = () =>
  new ApiError(422, { code: "invalid_input", message: "Split.", remedy: "Say which." });
const conflict = (current: Annotation) =>
  new ApiError(409, { code: "conflict", message: "No.", remedy: "Look.", details: { current } });

/** A server that can be broken, and that notes what reached it. */
class Server {
  got: string[] = [];
  bodies: LabelBody[] = [];
  failures: ApiError[] = [];
  send = async (cargo: Cargo): Promise<Answer> => {
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.got.push(submissionOf(cargo));
    if (cargo.kind === "label") this.bodies.push(cargo.body);
    return { of: "label", annotation: stored(cargo) };
  };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 60; i += 1) await Promise.resolve();
}

let server: Server;
const open = (scope = "shop/ana") =>
  new Outbox({ scope, send: server.send, storage: localStorage, wait: () => Promise.resolve() });

beforeEach(() => {
  localStorage.clear();
  server = new Server();
});

describe("Outbox", () => {
  it("is on disk before it is sent, and gone once it is acknowledged", async () => {
    const box = open();
    box.add(label("a", "s1"));
    expect(localStorage.length).toBe(1);
    await settled();
    expect(server.got).toEqual(["s1"]);
    expect(localStorage.length).toBe(0);
    expect(box.summary()).toEqual({ pending: 0, trouble: 0, reachable: true });
  });

  it("sends in the order in which decisions were made", async () => {
    const box = open();
    for (const id of ["s1", "s2", "s3"]) box.add(label(id, id));
    await settled();
    expect(server.got).toEqual(["s1", "s2", "s3"]);
  });

  it("tries again after a failure with the same submission id", async () => {
    server.failures = [offline(), offline()];
    const box = open();
    box.add(label("a", "s1"));
    await settled();
    expect(server.got).toEqual(["s1"]);
    expect(box.summary().reachable).toBe(true);
  });

  it("keeps unsent decisions over a reload", async () => {
    const box = new Outbox({
      scope: "shop/ana",
      storage: localStorage,
      send: () => Promise.reject(offline()),
      wait: () => new Promise(() => undefined),
    });
    box.add(label("a", "s1"));
    box.add(label("b", "s2"));
    await settled();
    expect(box.summary()).toEqual({ pending: 2, trouble: 0, reachable: false });
    const again = open();
    expect(again.tasks()).toEqual([7, 7]);
    await again.flush();
    expect(server.got).toEqual(["s1", "s2"]);
  });

  it("never sends what belongs to another project", async () => {
    server.failures = Array.from({ length: 3 }, offline);
    const box = new Outbox({
      scope: "shop/ana",
      storage: localStorage,
      send: server.send,
      wait: () => new Promise(() => undefined),
    });
    box.add(label("a", "s1"));
    await settled();
    expect(open("farm/ana").list()).toEqual([]);
  });

  it("holds a conflict, with the other version, until somebody decides", async () => {
    server.failures = [conflict(stored(label("a", "x"), 4))];
    const box = open();
    box.add(label("a", "s1"));
    box.add(label("b", "s2"));
    await settled();
    expect(server.got).toEqual(["s2"]);
    expect(box.list()[0]).toMatchObject({ id: "s1", state: "conflict", theirs: { version: 4 } });
    box.drop("s1");
    expect(localStorage.length).toBe(0);
  });

  it("does not send later reviews of an asset in conflict", async () => {
    server.failures = [conflict(stored(label("a", "x")))];
    const box = open();
    box.add(label("a", "s1"));
    box.add({ kind: "undo_review", asset_id: "a", submission_id: "u1" });
    await settled();
    expect(server.got).toEqual([]);
    expect(box.list().map((entry) => entry.id)).toEqual(["s1", "u1"]);
  });

  it("takes back, or puts a newer decision in the place of, what was refused", async () => {
    server.failures = [refused(), refused()];
    const box = open();
    box.add(label("a", "s1", 2));
    box.add(label("b", "s2", 2));
    await settled();
    expect(box.list().map(({ state, status }) => [state, status])).toEqual([
      ["refused", 422],
      ["refused", 422],
    ]);
    expect(box.takeBack("s2")).toBe(true);
    const again = open();
    // The page counts the decision that was not stored; who decides anew has no task.
    const bare = label("a", "s3", 3);
    if (bare.kind === "label") bare.body.task_id = null;
    again.add(bare);
    await settled();
    expect(server.bodies).toMatchObject([{ submission_id: "s3", expected_version: 2, task_id: 7 }]);
    expect(localStorage.length).toBe(0);
  });

  it("sends what was decided since in the place of what is refused", async () => {
    const waiting = open();
    server.failures = [refused()];
    waiting.add(label("a", "s1", 2));
    waiting.add(label("a", "s2", 3));
    waiting.add(label("a", "s3", 4));
    waiting.add(label("b", "s4", 2));
    await settled();
    expect(server.bodies.map((body) => [body.submission_id, body.expected_version])).toEqual([
      ["s2", 2],
      ["s3", 3],
      ["s4", 2],
    ]);
    expect(waiting.summary()).toMatchObject({ pending: 0, trouble: 0 });
  });

  it("forgets a refused decision with its withdrawal", async () => {
    const box = open();
    server.failures = [refused()];
    box.add(label("a", "s1", 2));
    box.add({ kind: "undo", asset_id: "a", submission_id: "u1" });
    box.add(label("a", "s2", 4));
    await settled();
    expect(server.bodies.map((body) => [body.submission_id, body.expected_version])).toEqual([
      ["s2", 2],
    ]);
    expect(localStorage.length).toBe(0);
  });

  it("keeps what was chosen in the place of what was in trouble, as it is", async () => {
    server.failures = [conflict(stored(label("a", "x"), 4))];
    const box = open();
    const entry = box.add(label("a", "s1", 2));
    await settled();
    box.replace(entry, label("a", "s2", 4));
    await settled();
    expect(server.bodies).toMatchObject([{ submission_id: "s2", expected_version: 4 }]);
    expect(localStorage.length).toBe(0);
  });

  it("takes back only what was never tried", async () => {
    const waiting = new Outbox({
      scope: "shop/ana",
      storage: localStorage,
      send: () => Promise.reject(offline()),
      wait: () => new Promise(() => undefined),
    });
    waiting.add(label("a", "s1"));
    waiting.add(label("b", "s2"));
    await settled();
    expect(waiting.takeBack("s1")).toBe(false);
    expect(waiting.takeBack("s2")).toBe(true);
    expect(waiting.list().map((entry) => entry.id)).toEqual(["s1"]);
  });

  it("waits longer each time, up to a limit", () => {
    expect([1, 2, 3, 20].map(backOff)).toEqual([500, 1_000, 2_000, 15_000]);
  });
});
