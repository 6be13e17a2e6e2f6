/** How long a run would take: asked of the service a moment after each change, and told in words. */

import { Problem, sendJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { duration, thousands } from "../core/format.js";
import { poll } from "../core/poll.js";

const PAUSE_MILLISECONDS = 300;
const MEASURING_MILLISECONDS = 1500;

/**
 * Request estimates; an answer to content that has changed since is dropped.
 *
 * @param {() => any} request what would be queued now
 * @param {{onAnswer: (words: (Node | string)[]) => void, onRefusal: (error: unknown) => void}} listener
 * @returns {{start: () => void, stop: () => void}} `start` drops the estimate under way, as `stop` does
 */
export function estimator(request, { onAnswer, onRefusal }) {
  let timer = 0;
  /** @type {import("../core/poll.js").Poll | null} */
  let asked = null;
  function stop() {
    clearTimeout(timer);
    asked?.stop();
  }
  /** @param {AbortSignal} signal */
  async function ask(signal) {
    const answer = await sendJson("POST", "/api/v1/jobs/estimate", request(), { signal });
    if (signal.aborted) return null;
    onAnswer(estimateWords(answer));
    return answer.measuring ? MEASURING_MILLISECONDS : null;
  }
  /** A service that is away or busy is asked again; one that refuses is not. @param {unknown} error */
  function failed(error) {
    if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) stop();
    onRefusal(error);
  }
  function start() {
    stop();
    timer = window.setTimeout(() => (asked = poll(ask, MEASURING_MILLISECONDS, failed)), PAUSE_MILLISECONDS);
  }
  return { start, stop };
}

/** @param {import("../types").Estimate} answer */
function estimateWords({ runs, seconds, seconds_per_step: step, basis, slots, machine, measuring }) {
  const now = "measuring some steps on this machine …";
  if (seconds === null || step === null)
    return [`No time estimate yet: ${measuring ? now : "nothing like this has run on this machine."}`];
  const words = `${basis === "measured" ? "measured" : "scaled from a similar run"} on ${machine ?? "this machine"}`;
  return [
    "About ",
    el("b", {}, duration(seconds)),
    runs > 1 ? ` for ${thousands(runs)} runs, ${slots} at a time` : "",
    ` (${duration(step)} a step, ${words}${measuring ? `; ${now}` : ""}).`,
  ];
}
