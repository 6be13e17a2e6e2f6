/** Form of a run or a sweep, made from the schemas, and the same as TOML. */

import { keysByContent, messageOf, Problem, sendJson } from "../core/api.js";
import { labelOf, thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { poll } from "../core/poll.js";
import { countSubmitted } from "../ui/queue-status.js";
import { toast } from "../ui/toast.js";
import { estimateText } from "./estimate-text.js";
import { formFields } from "./form-fields.js";
import { fieldText, gridSize, readField, settingAt, withSetting } from "./schema-form.js";
import { readAxes, rowsOf } from "./sweep-grid.js";
import { readToml, tomlBox, tomlOf } from "./toml-box.js";

/**
 * @typedef {import("../types").Schemas} Schemas
 * @typedef {import("./schema-form.js").Field} Field
 * @typedef {import("./sweep-grid.js").Grid} Grid
 * @typedef {{id: string, label: string, message: string}} Mistake `id`: of the element that gets the focus
 */

/** A short run that shows something within minutes on one core. */
export const SUGGESTED = { dataset: "dsprites", objective: "beta_vae", steps: 20000, learning_rate: 0.0005 };

const ESTIMATE_DELAY_MILLISECONDS = 300;
const MEASURING_MILLISECONDS = 1500;

/**
 * Show the form.
 * @param {HTMLElement} view drawn by `render` alone
 * @param {Schemas} schemas
 * @param {Record<string, any>} suggested specification to begin with
 * @param {(answer: any) => void} onQueued
 * @returns {() => void} destroy
 */
export function showForm(view, schemas, suggested, onQueued) {
  let spec = { ...suggested };
  /** @type {Grid} */
  let sweep = { grid: {}, limit: null, pack: null };
  let typedSweep = rowsOf(sweep);
  /** Text of the TOML box while it takes the place of the fields. @type {string | null} */
  let toml = null;
  /** What was typed, by the dotted path of the setting. @type {Map<string, string>} */
  let texts = new Map();
  /** Setting whose mistake is not shown yet: a person is typing in it. */
  let typing = "";
  let sending = false;
  /** Answer of the service against the content; `isFinal`: it stays until the content changes. */
  let refusal = { text: "", isFinal: false };
  /** @type {import("../core/html.js").Content} */
  let estimate = "";
  let content = "";
  /** @type {Mistake[]} */
  let mistakes = [];
  const keyOf = keysByContent();
  const estimator = createEstimator(request, {
    onAnswer(text) {
      estimate = text;
      refusal = { text: "", isFinal: false };
      draw();
    },
    onRefusal: refuse,
  });

  function request() {
    const { grid, limit, pack } = sweep;
    if (!Object.keys(grid).length) return { kind: "train", spec };
    const counts = { ...(limit !== null && { max_parallel: limit }), ...(pack !== null && { pack }) };
    return { kind: "sweep", spec: { base: spec, grid, ...counts } };
  }
  /** @param {Field} field */
  function textOf({ path }) {
    return texts.get(path.join(".")) ?? fieldText(settingAt(spec, path));
  }
  /** @param {Field} field @returns {string} "" where the text is allowed */
  function problemOf(field) {
    const text = textOf(field);
    if (!text) return "";
    const read = readField(field, text);
    return "problem" in read ? read.problem : "";
  }
  /**
   * @param {Field} field
   * @param {string} text
   * @param {boolean} isTyping false: the box is left
   */
  function onText(field, text, isTyping) {
    const key = field.path.join(".");
    if (!isTyping) typing = "";
    else if (!problemOf(field)) typing = key;
    texts.set(key, text);
    const read = readField(field, text);
    if ("value" in read) {
      const value = field.kind === "boolean" && read.value === field.fallback ? undefined : read.value;
      spec = withSetting(spec, field.path, value);
    }
    update();
  }
  /** @param {"dataset" | "objective" | "architecture"} kind @param {string} name */
  function onPlugin(kind, name) {
    const { [`${kind}_settings`]: _, ...rest } = spec;
    spec = /** @type {typeof spec} */ ({ ...rest, [kind]: name });
    texts = new Map([...texts].filter(([key]) => !key.startsWith(`${kind}_settings.`)));
    update();
  }
  /** @param {string} text */
  function onToml(text) {
    toml = text;
    update();
  }
  /** @param {typeof typedSweep} next */
  function onSweep(next) {
    typedSweep = next;
    update();
  }
  function turn() {
    if (mistakes.length) return goTo(mistakes[0]); // the typed text would be lost
    if (toml === null) toml = tomlOf(request());
    else {
      toml = null;
      texts = new Map();
      typedSweep = rowsOf(sweep);
    }
    update();
  }

  /** @type {ReturnType<typeof formFields>} */
  let fields;
  /** Read the boxes, request an estimate of changed content, and draw. */
  function update() {
    const before = mistakes.length ? "" : content;
    if (toml === null) {
      fields = formFields(schemas, spec, { textOf, problemOf, isTyping: (key) => key === typing, onText, onPlugin });
      const axes = readAxes(fields.axes, typedSweep);
      if (axes.sweep) sweep = axes.sweep;
      fields.sweep = axes.template(onSweep);
      mistakes = [...fields.mistakes, ...axes.mistakes];
    } else {
      const read = readToml(toml);
      if (read.content) ({ spec, sweep } = read.content);
      mistakes = read.problem ? [{ id: "toml", label: "TOML", message: read.problem }] : [];
    }
    content = JSON.stringify(request());
    if (mistakes.length) estimator.destroy();
    else if (content !== before) restart();
    draw();
  }
  function restart() {
    refusal = { text: "", isFinal: false };
    estimate = "Estimating the time …";
    estimator.start();
  }
  const isClosed = () => Boolean(mistakes.length || refusal.isFinal || sending);

  function draw() {
    const runs = mistakes.length ? 1 : gridSize(sweep.grid);
    const status = mistakes.length ? mistakeList(mistakes) : refusal.text || estimate;
    const body = toml === null ? fields.template() : tomlBox(toml, mistakes.length ? mistakes[0].message : "", onToml);
    const template = html`<div class="run-form">
      <div class="job-title">
        <h2>New run</h2>
        <span class="grow"></span>
        <button type="button" class="btn" @click=${turn}>${toml === null ? "TOML" : "Form"}</button>
      </div>
      ${body}
      <div class="submit-bar">
        <span class="estimate ${mistakes.length || refusal.text ? "bad" : ""}" role="status" id="form-state"
          >${status}</span
        >
        <button
          type="button"
          class="btn primary"
          aria-describedby="form-state"
          aria-disabled=${String(isClosed())}
          @click=${queue}
        >
          ${runs > 1 ? `Queue ${thousands(runs)} runs` : "Queue this run"}
        </button>
      </div>
    </div>`;
    render(template, view);
  }
  /** @param {unknown} error */
  function refuse(error) {
    const status = error instanceof Problem ? error.status : 400;
    refusal = { text: refusalText(error), isFinal: status >= 400 && status < 500 && status !== 429 };
    draw();
  }
  async function queue() {
    if (mistakes.length) goTo(mistakes[0]);
    if (isClosed()) return;
    const body = request();
    const sent = content;
    sending = true;
    estimator.destroy();
    refusal = { text: "", isFinal: false };
    estimate = "Queueing …";
    draw();
    try {
      const answer = await sendJson("POST", "/api/v1/jobs", body, { headers: { "Idempotency-Key": keyOf(body) } });
      countSubmitted();
      toast(answer.axes ? `Sweep ${answer.id} queued: ${thousands(answer.total)} runs` : `Job ${answer.id} queued`);
      onQueued(answer);
    } catch (error) {
      sending = false;
      if (content === sent) refuse(error);
      else if (!mistakes.length) restart();
      draw();
    }
  }
  update();
  return estimator.destroy;
}

/** Open the folds around the field of a mistake and focus it. @param {Mistake} mistake */
function goTo({ id }) {
  const box = document.getElementById(id);
  for (let fold = box?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
  box?.focus();
}

/**
 * "Cannot be queued: correct latents, seed.", each a link to its field.
 * @param {Mistake[]} mistakes at least one
 */
function mistakeList(mistakes) {
  const links = mistakes.map((mistake, at) => [
    at ? ", " : "",
    html`<button type="button" class="link" @click=${() => goTo(mistake)}>${mistake.label}</button>`,
  ]);
  return html`Cannot be queued: correct ${links}.`;
}

/**
 * Message of the service, with the label of the field in place of its JSON pointer:
 * "/spec/base/objective_settings/beta: got 'x'; ..." -> "Beta: got 'x'; ...".
 * @param {unknown} error
 */
function refusalText(error) {
  const message = messageOf(error);
  if (!(error instanceof Problem)) return message;
  const pointer = /^\/?(?:body\/)?spec(?:\/base)?\/(\S+?)(?:: | (?=is missing))/.exec(message);
  if (!pointer) return message;
  const names = pointer[1].split("/").filter((name) => !/^(\d+|grid|(objective|dataset)_settings)$/.test(name));
  const rest = message.slice(pointer[0].length);
  const label = labelOf((names.pop() ?? pointer[1]).split(".").pop() ?? "");
  return `${label[0].toUpperCase()}${label.slice(1)}${pointer[0].endsWith(": ") ? ":" : ""} ${rest}`;
}

/**
 * Requests for the time that a run would take. An answer to content that has changed since is dropped.
 * @param {() => any} request content of the form
 * @param {{onAnswer: (text: import("../core/html.js").Content) => void, onRefusal: (error: unknown) => void}} listener
 * @returns {{start: () => void, destroy: () => void}} both abort the request under way
 */
function createEstimator(request, { onAnswer, onRefusal }) {
  let timer = 0;
  /** @type {import("../core/poll.js").Poll | null} */
  let polling = null;
  function destroy() {
    clearTimeout(timer);
    polling?.stop();
  }
  /** @param {AbortSignal} signal */
  async function read(signal) {
    const answer = await sendJson("POST", "/api/v1/jobs/estimate", request(), { signal });
    if (signal.aborted) return null;
    onAnswer(estimateText(answer));
    return answer.measuring ? MEASURING_MILLISECONDS : null;
  }
  /** Retry unless the service refuses the content. @param {unknown} error */
  function onError(error) {
    if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) destroy();
    onRefusal(error);
  }
  function start() {
    destroy();
    timer = window.setTimeout(
      () => (polling = poll(read, MEASURING_MILLISECONDS, onError)),
      ESTIMATE_DELAY_MILLISECONDS,
    );
  }
  return { start, destroy };
}
