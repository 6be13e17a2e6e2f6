/* Runs before the first paint, so that no page flashes in the wrong theme. Not a module: it must block. */
(function () {
  var stored = null;
  try {
    stored = localStorage.getItem("axiscope.theme");
  } catch (error) {
    stored = null;
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = stored === "dark" || stored === "light" ? stored : dark ? "dark" : "light";
})();
