/** Text of an estimate: the time of a run or a sweep, and that of packs beside it. */

import { duration, thousands } from "../core/format.js";
import { html } from "../core/html.js";

/** @param {import("../types").Estimate} estimate */
export function estimateText(estimate) {
  const { runs, seconds, seconds_per_step: step, basis, slots, machine, measuring } = estimate;
  const note = "measuring some steps on this machine …";
  if (seconds === null || step === null)
    return `No time estimate yet: ${measuring ? note : "nothing like this has run on this machine."}`;
  const source = `${basis === "measured" ? "measured" : "scaled from a similar run"} on ${machine ?? "this machine"}`;
  const total = runs > 1 ? ` for ${thousands(runs)} runs, ${slots} at a time` : "";
  return html`About <b>${duration(seconds)}</b>${total} (${duration(step)} a step,
    ${source}${measuring ? `; ${note}` : ""}).${packText(estimate)}${gpuText(estimate)}`;
}

/** Time of a sweep with several runs in a process, beside that of one each. @param {import("../types").Estimate} estimate */
function packText({ pack, packed_seconds: seconds }) {
  if (!(pack > 1)) return "";
  if (seconds === null) return ` With ${pack} runs in a process: not known, none like it has run.`;
  return html` With ${pack} runs in a process about <b>${duration(seconds)}</b>.`;
}

/** Share of a GPU that a process takes. @param {import("../types").Estimate} estimate */
function gpuText({ gpu_share: share }) {
  if (share === null || share > 0.5) return "";
  return ` A process takes ${Math.round(share * 100)} % of a GPU: with gpus = ${share} in the TOML, ${Math.floor(1 / share)} share one.`;
}
