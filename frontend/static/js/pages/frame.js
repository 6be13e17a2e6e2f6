/** Parts of every page: theme, share, search, help, the link to the last model, and the state of the queue. */

import { isCopy } from "../core/api.js";
import { keep, readKept } from "../core/store.js";
import { el, need } from "../core/dom.js";
import { beforeShare } from "../core/url.js";
import { chosenTheme, cycleTheme } from "../core/theme.js";
import { addCommands, openPalette } from "../ui/command-palette.js";
import { openDialog } from "../ui/dialog.js";
import { followTerms, openGlossary } from "../ui/glossary.js";
import { openHelp } from "../ui/shortcuts.js";
import { toast, toastError } from "../ui/toast.js";
import { reopen, showTourBar } from "../ui/tour.js";
import { showQueueStatus } from "../ui/queue-status.js";

const theme = need("#theme");

function labelTheme() {
  theme.setAttribute("aria-label", `Theme: ${chosenTheme()}`);
  theme.title = `Theme: ${chosenTheme()}`;
}

function nextTheme() {
  toast(`Theme: ${cycleTheme()}`);
  labelTheme();
}

async function share() {
  for (const complete of beforeShare) complete();
  try {
    await navigator.clipboard.writeText(location.href);
    toast("Link copied: it opens exactly this view");
  } catch {
    showLink(location.href); // the browser does not let a page copy
  }
}

/** @param {string} address */
function showLink(address) {
  const input = el("input", { type: "text", value: address, readOnly: true, "aria-label": "Link to this view" });
  const close = el("button", { class: "btn primary" }, "Close");
  openDialog(
    { label: "Share" },
    el("form", { class: "inside form", method: "dialog" }, el("h2", {}, "Copy this link"), input, close),
  );
  input.select();
}

theme.addEventListener("click", nextTheme);
need("#share").addEventListener("click", share);
need("#palette-open").addEventListener("click", () => openPalette());
need("#help").addEventListener("click", openHelp);
document.addEventListener("keydown", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  } else if (event.key === "?" && !at.matches?.("input, textarea, select")) openHelp();
});
addCommands(() => [
  { label: "Copy link to this view", hint: "command", run: share },
  { label: "Change the theme", hint: `command · ${chosenTheme()}`, run: nextTheme },
  { label: "Help and keyboard shortcuts", hint: "command", run: openHelp },
  { label: "Glossary", hint: "command", run: () => void openGlossary().catch(toastError) },
  ...(isCopy() ? [] : [{ label: "Introduction and tour", hint: "command", run: reopen }]),
]);

const last = readKept("axiscope.model");
const isLastGone = document.body.dataset.page === "problem" && location.pathname === `/explore/${last}`;
if (isLastGone) keep("axiscope.model", null);
else if (last)
  document.querySelector('[data-rail="explore"]')?.setAttribute("href", `/explore/${encodeURIComponent(last)}`);
labelTheme();
followTerms();
showTourBar(location.search);
showQueueStatus();
