import { describe, expect, it } from "vitest";
import { doubtWords } from "./doubt";

describe("the doubt of an asset", () => {
  it("says which part is the greater, and nothing of what is hardly there", () => {
    const words = (aleatoric: number, epistemic: number) =>
      doubtWords({ total: aleatoric + epistemic, aleatoric, epistemic }, 10);
    expect(words(0.1, 0.4)).toMatch(/contradict/);
    expect(words(0.4, 0.1)).toMatch(/one or the other/);
    expect(words(0.01, 0.04)).toMatch(/^It is sure/);
  });
});
