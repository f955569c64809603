/** Signing in by a link, and what the saved mark says. */
import { describe, expect, it, vi } from "vitest";
import { markOf } from "./SavedMark";
import { linkIn, takeLink } from "./token";

describe("link", () => {
  it("leaves the address at once", () => {
    const replaceState = vi.fn();
    const place = { hash: "#token=a%2Bb", pathname: "/label", search: "?x=1" };
    expect(takeLink(place, { replaceState, state: null })).toEqual({
      kind: "token",
      secret: "a+b",
    });
    expect(replaceState).toHaveBeenCalledWith(null, "", "/label?x=1");
  });

  it("touches nothing without a secret", () => {
    const replaceState = vi.fn();
    expect(
      takeLink({ hash: "#top", pathname: "/", search: "" }, { replaceState, state: null }),
    ).toBeNull();
    expect(replaceState).not.toHaveBeenCalled();
  });

  it("is found in what was pasted, and tells an invitation from a sign-in", () => {
    expect(linkIn("http://127.0.0.1:8321/#token=abc ")).toEqual({ kind: "token", secret: "abc" });
    expect(linkIn("#invitation=qx1")).toEqual({ kind: "invitation", secret: "qx1" });
    expect(linkIn("abc")).toBeNull();
    expect(linkIn("#invitation=")).toBeNull();
  });
});

describe("markOf", () => {
  const saved = { pending: 0, trouble: 0, reachable: true };
  it("says what is most pressing", () => {
    expect(markOf(saved, "open").text).toBe("Saved");
    expect(markOf({ ...saved, pending: 2 }, "open").text).toBe("Saving");
    expect(markOf({ ...saved, pending: 2 }, "lost").text).toBe("Offline, 2 waiting");
    expect(markOf({ pending: 1, trouble: 1, reachable: false }, "lost").text).toBe("1 to settle");
  });
});
