/** The film: traversals as training goes on, one picture a snapshot. */

import { getJson } from "../../api.js";
import { el } from "../../dom.js";
import { thousands } from "../../math/format.js";

/** @param {string} id of the job */
export function filmPanel(id) {
  const image = el("img", { alt: "", hidden: true });
  const words = el("p", { class: "soft" }, "The first picture comes with the first snapshot.");
  const node = el(
    "section",
    { class: "card", "aria-label": "Film of traversals" },
    el("div", { class: "bar" }, el("h2", {}, "Film of traversals")),
    el("div", { class: "film" }, image, words),
  );
  /** @type {{step: number, url: string}[]} */
  let frames = [];
  /** @type {number | null} */
  let wanted = null;
  function draw() {
    const before = wanted === null ? frames : frames.filter(({ step }) => step <= /** @type {number} */ (wanted));
    const frame = before[before.length - 1] ?? frames[0];
    if (!frame) return;
    image.hidden = false;
    if (image.getAttribute("src") !== frame.url) image.src = frame.url;
    image.alt = `Traversals of all latents after ${frame.step} steps`;
    words.textContent = `After ${thousands(frame.step)} steps. Rows: latents; across: -2 to 2. ${frames.length} snapshots.`;
  }
  return {
    node,
    async look() {
      try {
        frames = (await getJson(`/api/v1/jobs/${encodeURIComponent(id)}/film`)).frames;
        draw();
      } catch {
        words.textContent = "This job has no film.";
      }
    },
    /** @param {number | null} step null: the newest */
    show(step) {
      wanted = step;
      draw();
    },
  };
}
