/* Runs before the first paint, so that no page flashes in the wrong theme. Not a module: it must block. */
(function () {
  var wanted = null;
  try {
    wanted = localStorage.getItem("axiscope.theme");
  } catch (error) {
    wanted = null;
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = wanted === "dark" || wanted === "light" ? wanted : dark ? "dark" : "light";
})();
