/** Fields of the form: data set, objective, architecture and training, as templates with what is wrong in them. */

import { labelOf } from "../core/format.js";
import { html } from "../core/html.js";
import { fieldText, fieldsOf } from "./schema-form.js";

/**
 * @typedef {import("../types").Schemas} Schemas
 * @typedef {import("../types").Plugin} Plugin
 * @typedef {import("./schema-form.js").Field} Field
 * @typedef {import("./form.js").Mistake} Mistake
 * @typedef {"dataset" | "objective" | "architecture"} Kind
 *
 * @typedef {object} Boxes
 * @property {(field: Field) => string} textOf text in the box of a setting
 * @property {(field: Field) => string} problemOf what is wrong with it, or ""
 * @property {(key: string) => boolean} isTyping whether the problem of the setting stays hidden
 * @property {(field: Field, text: string, isTyping: boolean) => void} onText
 * @property {(kind: Kind, name: string) => void} onPlugin
 */

/** Settings that are always visible; the others fold away. */
const FIRST = ["latents", "steps", "batch_size", "learning_rate", "seed", "likelihood"];
/** Settings of a run that are fields of a plugin, or the choice of one. */
const OF_PLUGINS = ["dataset", "dataset_settings", "objective", "objective_settings", "architecture"];
/** @type {[Kind, string, "datasets" | "objectives" | "architectures"][]} */
const PLUGINS = [
  ["dataset", "Data set", "datasets"],
  ["objective", "Objective", "objectives"],
  ["architecture", "Architecture", "architectures"],
];

/**
 * @param {Schemas} schemas
 * @param {Record<string, any>} spec
 * @param {Boxes} boxes
 */
export function formFields(schemas, spec, boxes) {
  const run = fieldsOf(schemas.run).filter(({ name }) => !OF_PLUGINS.includes(name));
  const first = FIRST.flatMap((name) => run.find((field) => field.name === name) ?? []);
  const rest = run.filter(({ name }) => !FIRST.includes(name));
  const plugins = PLUGINS.map(([kind, title, group]) => {
    const chosen = String(spec[kind] ?? schemas.run.properties[kind]?.default ?? "");
    const plugin = schemas[group][chosen];
    const fields = kind === "architecture" ? [] : fieldsOf(plugin?.schema, [`${kind}_settings`]);
    return { kind, title, chosen, plugin, all: schemas[group], fields };
  });
  const seed = first.filter(({ name }) => name === "seed");
  const own = plugins.flatMap(({ fields }) => fields);
  const axes = [...seed, ...own, ...first, ...rest, ...plugins.map(({ kind, all }) => pluginField(kind, all))];
  const remark = likelihoodRemark(spec.objective, schemas.objectives[spec.objective]?.likelihood, spec.likelihood);
  const others = unlisted(spec, [...OF_PLUGINS, ...run.map(({ name }) => name)]);
  const mistakesOf = (/** @type {Field[]} */ fields) =>
    fields.flatMap((field) => {
      const message = boxes.problemOf(field);
      return message ? [{ id: idOf(field), label: labelOf(field.name), message }] : [];
    });
  return {
    axes: new Map(axes.map((field) => [field.path.join("."), field])),
    /** In the order of the page. @type {Mistake[]} */
    mistakes: [
      ...plugins.flatMap(({ kind, title, chosen, plugin, fields }) => [
        ...(plugin ? [] : [{ id: `choose-${kind}`, label: title, message: unknown(title, chosen) }]),
        ...mistakesOf(fields),
      ]),
      ...mistakesOf([...first, ...rest]),
    ],
    /** @type {import("../core/html.js").Content} rows of the sweep */
    sweep: "",
    template() {
      return html`
        ${
          others.length
            ? html`<p class="notice">Also in this run, to be changed in the TOML: <code>${others.join(", ")}</code></p>`
            : ""
        }
        ${plugins.map((plugin) => pluginCard(plugin, boxes))}
        <section class="card" aria-label="Training">
          <h3>Training</h3>
          ${settingGrid(first, boxes)}
          <p class="notice" role="status" ?hidden=${!remark}>${remark}</p>
          <details>
            <summary>${rest.length} more settings</summary>
            ${settingGrid(rest, boxes)}
          </details>
        </section>
        <section class="card" aria-label="Sweep">
          <h3>Sweep</h3>
          ${this.sweep}
        </section>
      `;
    },
  };
}

/** @param {string} title @param {string} name */
const unknown = (title, name) => `got ${title.toLowerCase()} ${name}; allowed: those of the list; choose another`;

/**
 * @param {{kind: Kind, title: string, chosen: string, plugin?: Plugin, all: Record<string, Plugin>, fields: Field[]}} choice
 * @param {Boxes} boxes
 */
function pluginCard({ kind, title, chosen, plugin, all, fields }, boxes) {
  const options = Object.entries(all).map(([name, { title: text }]) => [name, `${text} (${name})`]);
  if (!plugin) options.unshift([chosen, chosen || "choose one"]);
  return html`<section class="card" aria-label=${title}>
    <h3>${title}</h3>
    <p class="plugin-choice">
      <select
        id="choose-${kind}"
        aria-label=${title}
        aria-invalid=${String(!plugin)}
        @change=${(/** @type {Event} */ event) => boxes.onPlugin(kind, valueOf(event))}
      >
        ${options.map(([name, text]) => html`<option value=${name} .selected=${name === chosen}>${text}</option>`)}
      </select>
      <span class=${plugin ? "cite" : "wrong"}>${plugin ? (plugin.source ?? "") : unknown(title, chosen)}</span>
    </p>
    ${fields.length ? settingGrid(fields, boxes) : ""}
  </section>`;
}

/** @param {Field[]} fields @param {Boxes} boxes */
const settingGrid = (fields, boxes) =>
  html`<div class="settings-grid">${fields.map((field) => settingBox(field, boxes))}</div>`;

/** @param {Field} field */
const idOf = ({ path }) => `set-${path.join("-")}`;

/** @param {Event} event */
const valueOf = ({ target }) => /** @type {HTMLInputElement | HTMLSelectElement} */ (target).value;

/**
 * One setting: box, unit, problem, meaning and source.
 * @param {Field} field
 * @param {Boxes} boxes
 */
function settingBox(field, boxes) {
  const id = idOf(field);
  const text = boxes.textOf(field);
  const problem = boxes.problemOf(field);
  const about = `${id}-wrong ${id}-meaning`;
  const invalid = String(Boolean(problem));
  const take = (/** @type {Event} */ event) => boxes.onText(field, valueOf(event), event.type === "input");
  const name = html`<label class="name" for=${id}
    >${labelOf(field.name)}${field.unit && field.unit !== field.name ? html`<small> ${field.unit}</small>` : ""}</label
  >`;
  const notes = html`
    <span class="wrong" id="${id}-wrong">${boxes.isTyping(field.path.join(".")) ? "" : problem}</span>
    <span class="meaning" id="${id}-meaning">${sentence(field.meaning)}${field.source ? ` ${field.source}.` : ""}</span>
  `;
  if (field.kind === "boolean") {
    const tick = (/** @type {Event} */ event) =>
      boxes.onText(field, String(/** @type {HTMLInputElement} */ (event.target).checked), false);
    return html`<div class="setting">
      <span class="tick">
        <input
          type="checkbox"
          id=${id}
          aria-describedby=${about}
          aria-invalid=${invalid}
          .checked=${(text || String(field.fallback)) === "true"}
          @change=${tick}
        />
        ${name}
      </span>
      ${notes}
    </div>`;
  }
  if (field.kind === "enum") {
    const chosen = text || fieldText(field.fallback);
    const options = field.options.includes(chosen) || !chosen ? field.options : [...field.options, chosen];
    return html`<div class="setting">
      ${name}
      <select id=${id} aria-describedby=${about} aria-invalid=${invalid} @change=${take}>
        ${options.map(
          (option) => html`<option value=${option} .selected=${option === chosen}>${labelOf(option)}</option>`,
        )}
      </select>
      ${notes}
    </div>`;
  }
  const isNumber = field.kind === "number" || field.kind === "integer";
  return html`<div class="setting">
    ${name}
    <input
      type="text"
      id=${id}
      aria-describedby=${about}
      aria-invalid=${invalid}
      inputmode=${isNumber ? "decimal" : "text"}
      placeholder=${placeholderOf(field)}
      autocomplete="off"
      .value=${text}
      @input=${take}
      @change=${take}
    />
    ${notes}
  </div>`;
}

/** @param {Field} field */
function placeholderOf({ fallback, optional }) {
  if (fallback === null || fallback === undefined) return optional ? "none" : "";
  return fieldText(fallback);
}

/** @param {string} text */
const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "");

/**
 * Settings of the run for which the form has no box, so that nothing is queued that is not on the screen.
 * @param {Record<string, any>} spec
 * @param {string[]} boxes
 */
const unlisted = (spec, boxes) =>
  Object.entries(spec)
    .filter(([name, value]) => !boxes.includes(name) && value !== null)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`);

/**
 * The choice of a plugin as a setting that may vary.
 * @param {Kind} kind
 * @param {Record<string, Plugin>} plugins
 * @returns {Field}
 */
const pluginField = (kind, plugins) => ({
  path: [kind],
  name: kind,
  kind: "enum",
  options: Object.keys(plugins),
  fallback: null,
  optional: false,
  bounds: {},
  meaning: "",
  unit: "",
  source: "",
});

/**
 * Remark on an objective that was made for another likelihood than the chosen one, or "".
 * @param {string} objective
 * @param {string | null | undefined} madeFor
 * @param {string | null | undefined} chosen null or undefined: the one it was made for
 */
function likelihoodRemark(objective, madeFor, chosen) {
  if (!madeFor || !chosen || chosen === madeFor) return "";
  return `${objective} was made for the likelihood ${madeFor}: its published figures do not apply to ${chosen}.`;
}
