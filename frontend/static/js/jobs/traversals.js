/** The film: traversals as training goes on, one picture a snapshot. */

import { Problem, getJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { poll } from "../core/poll.js";

/** After a failure. */
const EVERY_MILLISECONDS = 2000;

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
  /** @param {AbortSignal} signal */
  async function read(signal) {
    const answer = await getJson(`/api/v1/jobs/${encodeURIComponent(id)}/film`, { signal });
    if (signal.aborted) return null;
    frames = answer.frames;
    draw();
    return null; // the events of the job say when there may be another
  }
  const looking = poll(read, EVERY_MILLISECONDS, (error) => {
    if (error instanceof Problem && error.status === 404) looking.stop();
    words.textContent = error instanceof Error ? error.message : String(error);
  });
  return {
    node,
    look: looking.now,
    stop: looking.stop,
    /** @param {number | null} step null: the newest */
    show(step) {
      wanted = step;
      draw();
    },
  };
}
