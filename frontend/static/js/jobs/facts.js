/** What is known of a job, in words: its name, actions and facts, what is wrong with it, its settings and attempts. */

import { el } from "../core/dom.js";
import { short, thousands } from "../core/format.js";
import { toToml } from "../formats/toml.js";
import { progressBar, progressWords, stateChip } from "./state-text.js";

const DEAD_NATS = 0.01;
/** Every latent begins dead: warn only when a fifth of the steps is over. */
const EARLY = 0.2;

/** @typedef {import("../types").Job} Job */

/**
 * @param {Job} job
 * @param {{onClone: (spec: any) => void, act: (method: "DELETE" | "POST", path: string, words: string) => void}} actions
 */
export function heading(job, { onClone, act }) {
  const ended = ["succeeded", "failed", "cancelled"].includes(job.state);
  const button = (/** @type {string} */ label, /** @type {() => void} */ run) =>
    el("button", { type: "button", class: "btn", on: { click: run } }, label);
  /** @type {[string, string][]} */
  const facts = [
    ["", progressWords(job)],
    ["attempt", `${job.attempt} of ${job.max_attempts}`],
    ["images/s", job.progress?.images_per_second ? thousands(Math.round(job.progress.images_per_second)) : ""],
    ...Object.entries(job.progress?.parts ?? {}).map(
      ([name, value]) => /** @type {[string, string]} */ ([name.replaceAll("_", " "), short(value)]),
    ),
  ];
  return [
    el(
      "div",
      { class: "job-title" },
      el("h2", {}, job.name),
      stateChip(job),
      el("span", { class: "grow" }),
      job.result?.model &&
        el("a", { class: "btn primary", href: `/explore/${encodeURIComponent(job.result.model)}` }, "Open the model"),
      job.sweep && el("a", { class: "btn", href: `/sweeps/${job.sweep}` }, "Sweep"),
      !ended && button("Cancel", () => act("DELETE", "", "Cancelled: it stops at its next step")),
      (job.state === "failed" || job.state === "cancelled") &&
        button("Retry", () => act("POST", "/retry", "Queued again: it goes on from its last checkpoint")),
      job.kind === "train" && button("Clone", () => onClone(job.spec)),
    ),
    el(
      "div",
      { class: "job-facts" },
      facts.filter(([, value]) => value).map(([name, value]) => el("span", {}, name && `${name} `, el("b", {}, value))),
    ),
    progressBar(job),
  ];
}

/**
 * @param {Job} job
 * @param {import("./live-curves.js").Curves} curves
 * @param {boolean} broken whether the stream of events is broken
 */
export function alerts(job, curves, broken) {
  const found = [];
  if (broken)
    found.push(
      el(
        "p",
        { class: "notice", role: "status", dataset: { key: "broken" } },
        "Live updates are interrupted: the page reads the job every two seconds.",
      ),
    );
  if (job.error) found.push(el("p", { class: "notice bad", role: "alert", dataset: { key: "error" } }, job.error));
  const kl = curves.kl[curves.kl.length - 1] ?? job.progress?.kl ?? [];
  const dead = kl.filter((value) => value <= DEAD_NATS).length;
  if (kl.length && dead * 2 >= kl.length && job.step > EARLY * (job.steps ?? Infinity)) {
    found.push(
      el(
        "p",
        { class: "notice" },
        `${dead} of ${kl.length} latents are dead so far: the weight of the KL may be too high for these data.`,
      ),
    );
  }
  return found;
}

/** @param {Job} job */
export function settings(job) {
  const attempts = job.attempts ?? [];
  return [
    el(
      "div",
      { class: "card" },
      el("div", { class: "bar" }, el("h2", {}, "Settings")),
      el("pre", { class: "spec" }, toToml(job.spec)),
    ),
    attempts.length > 0 &&
      el(
        "div",
        { class: "card", style: "margin-top: 16px; overflow-x: auto" },
        el("div", { class: "bar" }, el("h2", {}, "Attempts")),
        el(
          "table",
          { class: "attempts" },
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ["attempt", "state", "worker", "device", "from step", "error"].map((name) =>
                el("th", { scope: "col" }, name),
              ),
            ),
          ),
          el(
            "tbody",
            {},
            attempts.map((one) =>
              el(
                "tr",
                {},
                [one.attempt, one.state, one.worker ?? "", one.device ?? "", one.first_step ?? "", one.error ?? ""].map(
                  (value) => el("td", {}, String(value)),
                ),
              ),
            ),
          ),
        ),
      ),
  ].filter((node) => node instanceof Node);
}
