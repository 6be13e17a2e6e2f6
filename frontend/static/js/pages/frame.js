/** What every page does: theme button, share, help, and the way to the palette. */

import { need } from "../dom.js";
import { chosenTheme, cycleTheme } from "../theme.js";
import { toast } from "../views/toast.js";

const theme = need("#theme");

function labelTheme() {
  theme.setAttribute("aria-label", `Theme: ${chosenTheme()}`);
  theme.title = `Theme: ${chosenTheme()}`;
}

theme.addEventListener("click", () => {
  toast(`Theme: ${cycleTheme()}`);
  labelTheme();
});
labelTheme();

need("#share").addEventListener("click", async () => {
  document.dispatchEvent(new CustomEvent("axiscope:share"));
  try {
    await navigator.clipboard.writeText(location.href);
    toast("Link copied: it opens exactly this view");
  } catch {
    prompt("Copy this link", location.href);
  }
});
