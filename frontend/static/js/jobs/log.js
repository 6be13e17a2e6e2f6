/** The end of the log, followed by byte offset. */

import { request, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { poll } from "../core/poll.js";

const EVERY_MILLISECONDS = 2000;
const KEPT_CHARACTERS = 200_000;

/**
 * @param {string} id of the job
 * @param {() => boolean} hasEnded whether nothing more will be written
 */
export function logPanel(id, hasEnded) {
  const text = el("pre", { class: "log", tabIndex: 0, "aria-label": "Log" });
  const words = el("span", { class: "soft" });
  const node = el(
    "section",
    { class: "card", "aria-label": "Log" },
    el("div", { class: "bar" }, el("h2", {}, "Log"), words),
    text,
  );
  let offset = 0;
  let attempt = "";

  /**
   * Read on from the offset.
   * @param {AbortSignal} signal
   * @returns {Promise<number | null | void>} pause before the next look
   */
  async function read(signal) {
    const over = hasEnded();
    const answer = await request(withQuery(`/api/v1/jobs/${encodeURIComponent(id)}/log`, { offset }), { signal });
    const number = (/** @type {string} */ name) => Number(answer.headers.get(name) ?? offset);
    const current = answer.headers.get("X-Log-Attempt") ?? "";
    if (attempt && current !== attempt) {
      [attempt, offset, text.textContent] = [current, 0, ""];
      return 0; // the log of a new attempt, from its beginning
    }
    const more = await answer.text();
    if (signal.aborted) return;
    attempt = current;
    offset = number("X-Log-Offset");
    append(more);
    words.textContent = text.textContent ? (attempt !== "0" ? `attempt ${attempt}` : "") : "nothing written yet";
    if (offset < number("X-Log-Size") && more) return 0;
    return over ? null : EVERY_MILLISECONDS;
  }
  /** Text nodes that stand stay as they are, and with them what is selected. @param {string} more */
  function append(more) {
    if (!more) return;
    const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
    text.append(more);
    let length = text.textContent?.length ?? 0;
    while (length > KEPT_CHARACTERS && text.firstChild && text.firstChild !== text.lastChild) {
      length -= text.firstChild.textContent?.length ?? 0;
      text.firstChild.remove();
    }
    if (atEnd) text.scrollTop = text.scrollHeight;
  }
  const looking = poll(read, EVERY_MILLISECONDS, (error) => {
    words.textContent = error instanceof Error ? error.message : String(error);
  });
  return { node, look: looking.now, stop: looking.stop };
}
