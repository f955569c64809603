/* Sets the colour scheme before the first paint, so that a dark room stays dark while loading. */
(() => {
  let wanted = null;
  try {
    wanted = localStorage.getItem("querist-color-scheme");
  } catch {
    wanted = null;
  }
  const dark =
    wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  document.documentElement.style.background = dark ? "#121316" : "#f6f6f8";
})();
