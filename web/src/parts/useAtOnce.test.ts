/** What holds between a choice and the address that keeps it. */
import { describe, expect, it } from "vitest";
import { follow, newest } from "./useAtOnce";

describe("a choice kept in the address", () => {
  it("is not undone by an older choice that arrives late", () => {
    const after = follow({ seen: 1, waiting: [2, 3] }, 2);
    expect(newest(after)).toBe(3);
    expect(follow(after, 3)).toEqual({ seen: 3, waiting: [] });
  });

  it("gives way to an address from elsewhere", () => {
    expect(newest(follow({ seen: 1, waiting: [2] }, 9))).toBe(9);
  });
});
