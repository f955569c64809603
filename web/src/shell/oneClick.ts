/** A form that makes something is sent by the first click of a double click, not by both. */

const SENDS = "button[type=submit]";

/** By then the first may have been answered and the form be open again, so that two links or sets were made. */
export function ignoreSecondClicks(root: EventTarget): void {
  root.addEventListener(
    "click",
    (event) => {
      if (!(event instanceof MouseEvent) || event.detail < 2) return;
      if (!(event.target instanceof Element) || !event.target.closest(SENDS)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}
