import { describe, expect, it } from "vitest";
import { ignoreSecondClicks } from "./oneClick";

/** How often a button of `type` hears of a double click. */
function heard(type: string): number {
  const root = document.createElement("div");
  root.innerHTML = `<form><button type="${type}"><span>Make it</span></button></form>`;
  document.body.append(root);
  ignoreSecondClicks(root);
  let clicks = 0;
  root.querySelector("button")?.addEventListener("click", (event) => {
    event.preventDefault();
    clicks += 1;
  });
  for (const detail of [1, 2])
    root
      .querySelector("span")
      ?.dispatchEvent(new MouseEvent("click", { detail, bubbles: true, cancelable: true }));
  root.remove();
  return clicks;
}

describe("double clicks", () => {
  it("send a form once", () => {
    expect(heard("submit")).toBe(1);
  });

  it("are two clicks on any other button, such as that of a class", () => {
    expect(heard("button")).toBe(2);
  });
});
