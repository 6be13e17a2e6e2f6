/** One sweep: its grid as a matrix of progress, and results as they come. */

import { getJson, sendJson } from "../api.js";
import { boot, el, need } from "../dom.js";
import { thousands } from "../math/format.js";
import { toToml } from "../math/toml.js";
import { progressMatrix } from "../views/jobs/matrix.js";
import { sweepResults } from "../views/jobs/results.js";
import { toast, toastError } from "../views/toast.js";

/** A large sweep is looked at less often: a millisecond for each run. */
const EVERY_MILLISECONDS = 2000;
const id = boot().sweep;
const path = `/api/v1/sweeps/${encodeURIComponent(id)}`;
const root = need("#sweep");
const head = el("div", {});
const matrix = el("div", {});
const results = sweepResults();

async function cancel() {
  try {
    await sendJson("DELETE", path);
    toast("Cancelled: no more runs are made, running ones stop at their next step");
    await look();
  } catch (error) {
    toastError(error);
  }
}

/** @param {import("../types-jobs").Sweep} sweep */
function drawHead(sweep) {
  const over = ["finished", "cancelled"].includes(sweep.state);
  const counts = Object.entries(sweep.counts).filter(([, n]) => n > 0);
  document.title = `Sweep ${sweep.id} · Axiscope`;
  head.replaceChildren(
    el(
      "div",
      { class: "page-head" },
      el("h1", {}, sweep.name || `Sweep ${sweep.id}`),
      el("span", { class: over ? "chip" : "chip accent" }, sweep.state),
      el("span", { class: "grow" }),
      el("a", { class: "btn", href: "/jobs" }, "All jobs"),
      !over && el("button", { type: "button", class: "btn", on: { click: cancel } }, "Cancel the sweep"),
    ),
    el(
      "p",
      { class: "job-facts" },
      el("span", {}, el("b", {}, thousands(sweep.total)), " runs"),
      counts.map(([state, n]) => el("span", {}, el("b", {}, thousands(n)), ` ${state}`)),
      sweep.max_parallel && el("span", {}, "at most ", el("b", {}, String(sweep.max_parallel)), " at a time"),
    ),
  );
}

async function look() {
  const [sweep, { cells }] = await Promise.all([getJson(path), getJson(`${path}/cells`)]);
  drawHead(sweep);
  matrix.replaceChildren(progressMatrix(sweep, cells));
  results.look(sweep, cells).catch(toastError);
  return sweep;
}

async function start() {
  const sweep = await getJson(path);
  const settings = el("summary", {}, "Settings");
  root.replaceChildren(
    head,
    matrix,
    results.node,
    el("details", { class: "card sweep-settings" }, settings, el("pre", { class: "spec" }, toToml(sweep.spec))),
  );
  let { state, total } = await look();
  ready();
  for (;;) {
    await new Promise((done) => setTimeout(done, Math.max(EVERY_MILLISECONDS, total)));
    if (!document.hidden && !["finished", "cancelled"].includes(state))
      ({ state, total } = await look().catch(() => ({ state, total })));
  }
}

function ready() {
  root.setAttribute("aria-busy", "false");
  document.body.dataset.ready = "1";
}

start().catch((error) => {
  const reason = error instanceof Error ? error.message : String(error);
  root.replaceChildren(el("p", { class: "empty" }, el("b", {}, "This sweep cannot be shown"), reason));
  ready();
});
