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

/** How often a form is sent by two Enters that are `wait` milliseconds apart. */
function sends(between: (field: HTMLInputElement) => void, wait = 100, detail = 0): number {
  const root = document.createElement("div");
  root.innerHTML = '<form><input><button type="submit">Make it</button></form>';
  document.body.append(root);
  ignoreSecondClicks(root);
  let sent = 0;
  const button = root.querySelector("button") as HTMLButtonElement;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    sent += 1;
  });
  for (const at of [1000, 1000 + wait]) {
    const event = new MouseEvent("click", { detail, bubbles: true, cancelable: true });
    Object.defineProperty(event, "timeStamp", { value: at });
    button.dispatchEvent(event);
    between(root.querySelector("input") as HTMLInputElement);
  }
  root.remove();
  return sent;
}

describe("two Enters", () => {
  it("send a form once", () => {
    expect(sends(() => undefined)).toBe(1);
  });

  it("send it twice where something was typed in between, or time went by", () => {
    const type = (field: HTMLInputElement) =>
      field.dispatchEvent(new Event("input", { bubbles: true }));
    expect(sends(type)).toBe(2);
    expect(sends(() => undefined, 900)).toBe(2);
  });

  it("are not two clicks of a mouse that are no double click", () => {
    expect(sends(() => undefined, 100, 1)).toBe(2);
  });
});
