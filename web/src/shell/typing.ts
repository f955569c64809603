/** Whether a key press belongs to a field, an open dialog or a menu rather than to the page. */

const FIELDS = new Set(["INPUT", "TEXTAREA", "SELECT"]);
/** Inputs that take no letters. */
const LETTERLESS = new Set(["range", "radio", "checkbox"]);

export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (event.defaultPrevented) return true;
  if (!(target instanceof HTMLElement)) return false;
  const field = FIELDS.has(target.tagName) && !LETTERLESS.has(target.getAttribute("type") ?? "");
  return (
    field ||
    target.isContentEditable ||
    target.closest('[role="dialog"][aria-modal="true"]') !== null
  );
}

/** Whether Enter or Space would press the focused control itself. */
export function isOnControl(event: KeyboardEvent): boolean {
  const target = event.target;
  return target instanceof HTMLElement && target.closest("button, a[href], [role=button]") !== null;
}
