/** Form that estimates and queues the missing runs of a study, and the command that does the same. */

import { sendJson } from "../core/api.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { command } from "../ui/panel.js";
import { toast, toastError } from "../ui/toast.js";

const DEFAULT_SCALE = 0.05;

/** Time until a measurement of steps is looked for again. */
const MEASURING_MILLISECONDS = 2000;

/**
 * Sentence on what a request would queue, or has queued.
 *
 * @param {{runs: number, done: number, active: number, steps: number, hours: number | null,
 *   evaluation_hours: number | null, untimed_runs: number, measuring: boolean, slots: number}} answer
 */
export function costText(answer) {
  const { runs, done, active, steps, hours, evaluation_hours, untimed_runs: untimed, measuring, slots } = answer;
  const there = `${thousands(done)} done, ${thousands(active)} queued or in progress`;
  if (!runs) return `No run is missing: ${there}.`;
  const rest = untimed && hours !== null ? `, without ${thousands(untimed)} runs that were not timed yet` : "";
  const slotsText = slots === 1 ? "one run at a time" : `${slots} runs at a time`;
  const none = measuring ? "some steps are measured now" : "no similar run was timed yet";
  const training = hours === null ? none : `about ${hoursText(hours)} of training${rest}`;
  const evaluation = evaluation_hours === null ? "" : `, about ${hoursText(evaluation_hours)} of evaluation`;
  return `${thousands(runs)} runs of ${thousands(steps)} steps in all: ${training}${evaluation}, ${slotsText}; ${there}.`;
}

/**
 * Command that queues the same runs as the form.
 *
 * @param {string} name
 * @param {{scale: number, seeds: number | null, only: string, gpus: number}} request
 */
export function commandText(name, { scale, seeds, only, gpus }) {
  const options = [`--scale ${scale}`];
  if (seeds !== null) options.push(`--seeds ${seeds}`);
  if (only !== "*") options.push(`--only '${only.replaceAll("'", "'\\''")}'`);
  if (gpus) options.push(`--gpus ${gpus}`);
  return `axiscope study run ${name} ${options.join(" ")}`;
}

/** @param {number} hours */
const hoursText = (hours) => (hours < 1 ? `${Math.max(1, Math.round(hours * 60))} min` : `${hours.toFixed(1)} h`);

/**
 * Form of one study; its first button estimates, the second queues what was estimated.
 *
 * @param {string} name
 */
export function createRunForm(name) {
  const node = document.createElement("div");
  const form = document.createElement("form");
  form.className = "run-form";
  const commandLine = document.createElement("div");
  node.append(form, commandLine);
  /** @type {any} */
  let estimate = null;
  let isBusy = false;
  let timer = 0;

  function request() {
    const [scale, seeds, only, gpus] = ["scale", "seeds", "only", "gpus"].map(
      (field) => /** @type {HTMLInputElement} */ (form.elements.namedItem(field)).value,
    );
    return { scale: Number(scale), seeds: seeds ? Number(seeds) : null, only, gpus: Number(gpus) };
  }

  /** @param {boolean} isDry */
  async function send(isDry) {
    clearTimeout(timer);
    isBusy = true;
    draw();
    try {
      const path = `/api/v1/studies/${encodeURIComponent(name)}/runs`;
      const answer = await sendJson("POST", path, { ...request(), dry_run: isDry });
      estimate = answer;
      if (answer.measuring && !answer.sweep) timer = setTimeout(remeasure, MEASURING_MILLISECONDS);
      if (answer.sweep) toast(`${thousands(answer.runs)} runs are queued`);
    } catch (error) {
      estimate = null;
      toastError(error);
    } finally {
      isBusy = false;
      draw();
    }
  }

  /** Estimate again, unless the page was left or the request changed. */
  function remeasure() {
    if (node.isConnected && estimate && !isBusy) send(true);
  }

  function forget() {
    clearTimeout(timer);
    estimate = null;
    draw();
    showCommand();
  }

  /** Show the command of what the form says, or of what it said last before something invalid was typed. */
  function showCommand() {
    if (form.checkValidity()) commandLine.replaceChildren(command(commandText(name, request())));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(true);
  });

  function draw() {
    const isReady = estimate && !estimate.sweep && estimate.runs;
    const content = html`
      <label class="field"
        >Scale<input
          name="scale"
          type="number"
          min="0.0001"
          max="1"
          step="any"
          value=${DEFAULT_SCALE}
          required
          @input=${forget}
      /></label>
      <label class="field"
        >Seeds<input name="seeds" type="number" min="1" max="1000" step="1" placeholder="all" @input=${forget}
      /></label>
      <label class="field"
        >Only runs named<input type="text" name="only" value="*" maxlength="200" required @input=${forget}
      /></label>
      <label class="field" title="Share of a GPU for each process of 8 runs; 0 trains on the CPU"
        >GPU share<input name="gpus" type="number" min="0" max="1" step="any" value="0" required @input=${forget}
      /></label>
      <button class="btn" ?disabled=${isBusy}>Estimate</button>
      ${isReady ? html`<button type="button" class="btn primary" ?disabled=${isBusy} @click=${() => send(false)}>Queue ${thousands(estimate.runs)} runs</button>` : ""}
      <div class="soft" role="status">${estimate ? outcome() : ""}</div>
    `;
    render(content, form);
  }

  const outcome = () => html`
    ${estimate.sweep ? html`<p>Queued: <a href=${estimate.sweep.links.page}>progress of the sweep</a>.</p>` : html`<p>${costText(estimate)}</p>`}
    ${estimate.runs && estimate.waits_for_gpu ? html`<p>No worker with a GPU is running: the runs wait for one.</p>` : ""}
    ${estimate.unavailable.map(
      (/** @type {any} */ { reason, runs }) =>
        html`<p>Not possible here: ${thousands(runs.length)} runs. ${reason}</p>`,
    )}
  `;

  draw();
  showCommand();
  return { node };
}
