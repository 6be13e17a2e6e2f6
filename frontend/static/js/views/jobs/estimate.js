/** How long a run would take, in words. */

import { el } from "../../dom.js";
import { duration, thousands } from "../../math/format.js";

/** @param {import("../../types-jobs").Estimate} answer */
export function estimateWords({ runs, seconds, seconds_per_step: step, basis, slots, machine, measuring }) {
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
