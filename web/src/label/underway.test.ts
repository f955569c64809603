/** What is said while a job runs is true of that job. */
import { describe, expect, it } from "vitest";
import { underwayWords } from "./underway";

describe("underwayWords", () => {
  it("tells of no answers and no model before the first batch", () => {
    expect(underwayWords("next_round", 0, true)).toBe(
      "The batch comes up here once it is chosen; you may leave this page.",
    );
    expect(underwayWords("next_round", 20, true)).toMatch(/^Every answer is stored\. The batch/);
  });

  it("tells what becomes of the answers of a batch that has ended", () => {
    expect(underwayWords("finish_round", 20, true)).toContain("The model learns from them now");
    expect(underwayWords("finish_round", 20, false)).toContain("The round is being closed");
  });
});
