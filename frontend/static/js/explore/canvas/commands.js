/** Keys and commands of the Explore page. */

import { addHelp } from "../../ui/shortcuts.js";
import { addCommands } from "../../ui/command-palette.js";
import { toastError } from "../../ui/toast.js";
import { exportItems } from "./export.js";
import { randomImage } from "./input.js";
import { TOOLS } from "./tools.js";

const SLIDER_KEYS = [
  ["← / →", "one step, with Shift ten"],
  ["Home / End", "ends of the range"],
  ["0", "mean of the codes"],
  ["R", "encoded value"],
  ["F", "film strip"],
  ["P", "play"],
  ["Alt ↑ / Alt ↓", "move the row"],
];
const CHART_KEYS = [
  ["← → ↑ ↓", "from point to point"],
  ["PgDn / PgUp", "through all points"],
  ["Enter", "as a click"],
  ["Shift ← → ↑ ↓", "all points between two, as the lasso"],
];
const PAGE_KEYS = [
  ["N", "random point"],
  ["I", "random image of the data set"],
  ["Ctrl Z / Ctrl Shift Z", "undo, redo"],
];

/**
 * Show the model's card, which needs lit-html; the page works without.
 * @param {{ id: string, name: string }} model
 */
export const openCard = (model) =>
  import("../../ui/model-card.js").then(({ openModelCard }) => openModelCard(model), toastError);

/**
 * Add the page's commands to the palette and its keys to the help.
 * @param {import("../session.js").Session} session
 * @param {AbortSignal} signal removes the commands
 */
export function addExploreCommands(session, signal) {
  const { store, model } = session;
  addHelp("On a slider", SLIDER_KEYS);
  addHelp("On a chart", CHART_KEYS);
  addHelp("Explore", PAGE_KEYS);
  addCommands(
    () => [
      ...Object.entries(TOOLS).map(([name, { label }]) => ({
        label,
        hint: "tool",
        run: () => store.set({ tool: name }),
      })),
      ...model.statistics.map((s, i) => ({
        label: `z${i} ${store.get().names[i] ?? s.best_factor ?? ""}`,
        hint: `latent · ${s.state}`,
        run: () => {
          session.focusLatent(i);
          document.querySelector(`input[type=range][data-latent="${i}"]`)?.scrollIntoView({ block: "center" });
        },
      })),
      { label: "Model card", hint: "command", run: () => openCard(model) },
      { label: "Random point", hint: "command · N", run: () => session.randomPoint() },
      { label: "Random image", hint: "command · I", run: () => randomImage(session) },
      { label: "Reset all to the encoded values", hint: "command", run: () => session.setVector(store.get().encoded) },
      ...exportItems(session).flatMap((item) =>
        item === "line" ? [] : [{ label: `Export ${item.label}`, hint: item.hint, run: item.run }],
      ),
    ],
    signal,
  );
}

/**
 * Run the command of a key, unless a field or a dialog has the focus.
 * @param {KeyboardEvent} event
 * @param {import("../session.js").Session} session
 */
export function onPageKey(event, session) {
  const at = /** @type {HTMLElement} */ (event.target);
  const typing =
    at.matches?.("input:not([type=range]):not([type=checkbox]), textarea, select") ||
    document.querySelector("dialog[open]:not(.full-screen)");
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z" && !typing) {
    event.preventDefault();
    if (event.shiftKey) session.redo();
    else session.undo();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "n") session.randomPoint();
  else if (key === "i") randomImage(session);
  else return;
  event.preventDefault();
}
