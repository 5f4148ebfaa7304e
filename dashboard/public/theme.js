// Runs before the first paint, so that nobody who chose the dark theme sees a white flash.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("skedulr-theme");
  } catch {
    // A browser that forbids storage gets the theme of its system.
  }
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
