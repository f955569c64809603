/** A form that makes something is sent once by a double click, and once by a double Enter. */

const SENDS = "button[type=submit]";
/** Between two presses of Enter that are meant as one, in milliseconds. */
const TOGETHER = 500;

/**
 * By then the first may have been answered and the form be open again, so that two links or sets
 * were made. Enter clicks the button too; whoever typed something in between means both.
 */
export function ignoreSecondClicks(root: EventTarget): void {
  const pressed = new WeakMap<Element, number>();
  root.addEventListener(
    "click",
    (event) => {
      const button = event.target instanceof Element && event.target.closest(SENDS);
      if (!button || !(event instanceof MouseEvent)) return;
      const form = button.closest("form") ?? button;
      const before = pressed.get(form) ?? Number.NEGATIVE_INFINITY;
      const byKey = event.detail === 0;
      if (byKey) pressed.set(form, event.timeStamp);
      if (event.detail < 2 && !(byKey && event.timeStamp - before < TOGETHER)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
  root.addEventListener(
    "input",
    ({ target }) => {
      const form = target instanceof Element && target.closest("form");
      if (form) pressed.delete(form);
    },
    { capture: true },
  );
}
