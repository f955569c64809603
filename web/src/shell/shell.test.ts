/** Signing in by a link, and what the saved mark says. */
import { describe, expect, it, vi } from "vitest";
import { markOf } from "./SavedMark";
import { takeToken, tokenIn } from "./token";

describe("token", () => {
  it("leaves the address at once", () => {
    const replaceState = vi.fn();
    const place = { hash: "#token=a%2Bb", pathname: "/label", search: "?x=1" };
    expect(takeToken(place, { replaceState, state: null })).toBe("a+b");
    expect(replaceState).toHaveBeenCalledWith(null, "", "/label?x=1");
  });

  it("touches nothing without a token", () => {
    const replaceState = vi.fn();
    expect(
      takeToken({ hash: "#top", pathname: "/", search: "" }, { replaceState, state: null }),
    ).toBeNull();
    expect(replaceState).not.toHaveBeenCalled();
  });

  it("is found in a pasted link", () => {
    expect(tokenIn("http://127.0.0.1:8321/#token=abc ")).toBe("abc");
    expect(tokenIn("abc")).toBeNull();
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
