/** The end of the log, followed by byte offset. */

import { request, withQuery } from "../../api.js";
import { el } from "../../dom.js";

const EVERY_MILLISECONDS = 2000;
const KEPT_CHARACTERS = 200_000;

/** @param {string} id of the job */
export function logPanel(id) {
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
  let timer = 0;
  let stopped = false;
  async function look() {
    clearTimeout(timer);
    if (stopped) return;
    try {
      const path = withQuery(`/api/v1/jobs/${encodeURIComponent(id)}/log`, { offset });
      const answer = await request(path);
      const now = answer.headers.get("X-Log-Attempt") ?? "";
      if (attempt && now !== attempt) {
        offset = 0;
        text.textContent = "";
        attempt = now;
        timer = window.setTimeout(look, 0);
        return;
      }
      attempt = now;
      const more = await answer.text();
      offset = Number(answer.headers.get("X-Log-Offset") ?? offset);
      if (more) {
        const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
        text.textContent = ((text.textContent ?? "") + more).slice(-KEPT_CHARACTERS);
        if (atEnd) text.scrollTop = text.scrollHeight;
      }
      words.textContent = attempt && attempt !== "0" ? `attempt ${attempt}` : "";
      if (!text.textContent) words.textContent = "nothing written yet";
    } catch (error) {
      words.textContent = error instanceof Error ? error.message : String(error);
    }
    timer = window.setTimeout(look, EVERY_MILLISECONDS);
  }
  look();
  return {
    node,
    look,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
