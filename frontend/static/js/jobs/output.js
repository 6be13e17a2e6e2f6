/** Output of a job: its log, and traversals made while it trains. */

import { getJson, messageOf, Problem, request, withQuery } from "../core/api.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { poll } from "../core/poll.js";

const POLL_MILLISECONDS = 2000;
const MAX_LOG_CHARACTERS = 200_000;

/**
 * End of the log, read on by byte offset.
 * @param {string} id of the job
 * @param {() => boolean} hasEnded whether the log is complete
 */
export function logPanel(id, hasEnded) {
  const text = Object.assign(document.createElement("pre"), { className: "log", tabIndex: 0, ariaLabel: "Log" });
  const node = section("Log");
  let offset = 0;
  let attempt = "";
  const draw = (/** @type {string} */ note) =>
    render(
      html`<div class="bar">
          <h2>Log</h2>
          <span class="soft">${note}</span>
        </div>
        ${text}`,
      node,
    );

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<number | null | void>} milliseconds until the next read
   */
  async function read(signal) {
    const isComplete = hasEnded();
    const answer = await request(withQuery(`/api/v1/jobs/${encodeURIComponent(id)}/log`, { offset }), { signal });
    const number = (/** @type {string} */ name) => Number(answer.headers.get(name) ?? offset);
    const current = answer.headers.get("X-Log-Attempt") ?? "";
    if (attempt && current !== attempt) {
      [attempt, offset, text.textContent] = [current, 0, ""];
      return 0; // the log of the new attempt, from its beginning
    }
    const more = await answer.text();
    if (signal.aborted) return;
    attempt = current;
    offset = number("X-Log-Offset");
    append(more);
    draw(text.textContent ? (attempt !== "0" ? `attempt ${attempt}` : "") : "nothing written yet");
    if (offset < number("X-Log-Size") && more) return 0;
    return isComplete ? null : POLL_MILLISECONDS;
  }
  /** Add a text node; older ones are not touched, so that a selection in them stays. @param {string} more */
  function append(more) {
    if (!more) return;
    const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
    text.append(more);
    let length = text.textContent?.length ?? 0;
    while (length > MAX_LOG_CHARACTERS && text.firstChild && text.firstChild !== text.lastChild) {
      length -= text.firstChild.textContent?.length ?? 0;
      text.firstChild.remove();
    }
    if (atEnd) text.scrollTop = text.scrollHeight;
  }
  draw("");
  const polling = poll(read, POLL_MILLISECONDS, (error) => draw(messageOf(error)));
  return { node, refresh: polling.now, destroy: polling.stop };
}

/**
 * Traversals of all latents, one picture for each snapshot of the training.
 * @param {string} id of the job
 */
export function traversalPanel(id) {
  const title = "Traversals while training";
  const node = section(title);
  /** @type {{step: number, url: string}[]} */
  let frames = [];
  /** @type {number | null} */
  let shownStep = null;
  let note = "The first picture appears with the first snapshot.";
  function draw() {
    const before = frames.filter(({ step }) => shownStep === null || step <= shownStep);
    const frame = before[before.length - 1] ?? frames[0];
    const text = frame
      ? `After ${thousands(frame.step)} steps. Rows: latents; across: -2 to 2. ${frames.length} snapshots.`
      : note;
    const content = html`
      <div class="bar"><h2>${title}</h2></div>
      <div class="film">
        ${frame ? html`<img src=${frame.url} alt="Traversals of all latents after ${frame.step} steps" />` : ""}
        <p class="soft">${text}</p>
      </div>
    `;
    render(content, node);
  }
  /** @param {AbortSignal} signal */
  async function read(signal) {
    const answer = await getJson(`/api/v1/jobs/${encodeURIComponent(id)}/film`, { signal });
    if (signal.aborted) return null;
    frames = answer.frames;
    draw();
    return null; // until an event of the job starts the next read
  }
  draw();
  const polling = poll(read, POLL_MILLISECONDS, (error) => {
    if (error instanceof Problem && error.status === 404) polling.stop();
    note = messageOf(error);
    draw();
  });
  return {
    node,
    refresh: polling.now,
    destroy: polling.stop,
    /** @param {number | null} step null: the newest */
    show(step) {
      shownStep = step;
      draw();
    },
  };
}

/** @param {string} label */
const section = (label) => Object.assign(document.createElement("section"), { className: "card", ariaLabel: label });
