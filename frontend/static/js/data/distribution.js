/** Distribution of training: correlated factors and held-out combinations by sliders, and what training would draw. */

import { getJson, messageOf, withQuery } from "../core/api.js";
import { fixed, labelOf, thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { createLatest } from "../core/latest.js";
import { jointFigure } from "../figures/joint.js";
import {
  combinationText,
  correlationText,
  readCombination,
  readCorrelation,
  trainOptions,
} from "../math/distribution-rules.js";
import { valueText } from "../math/factors.js";
import { figurePanel } from "../ui/figure-panel.js";
import { selectField } from "../ui/filters.js";
import { command } from "../ui/panel.js";

const SAMPLE = 24;
const COLUMNS = 8;
const SIGMA = { start: 0.2, min: -1.3, max: 1, step: 0.05 };

/**
 * @typedef {import("../types").Dataset} Dataset
 * @typedef {import("../types").Distribution} Distribution
 * @typedef {import("../math/distribution-rules.js").Correlation} Correlation
 * @typedef {import("../math/distribution-rules.js").Combination} Combination
 * @typedef {import("../math/distribution-rules.js").Term} Term
 */

/**
 * @param {Dataset} dataset
 * @param {import("../core/store.js").Store<any>} store correlations, combinations: texts of the rules
 * @param {string | null} upload
 */
export function distributionPanel(dataset, store, upload) {
  const node = Object.assign(document.createElement("section"), {
    className: "card",
    ariaLabel: "Training distribution",
  });
  const names = dataset.factors.map(({ name }) => name);
  const factorOf = (/** @type {string} */ name) => dataset.factors[names.indexOf(name)];
  const options = names.map((name) => [name, labelOf(name)]);
  let pair = [names[0], names[1]];
  /** @type {Distribution | null} */
  let found = null;
  let failure = "";
  const figure = figurePanel({
    title: "Two factors in training",
    name: `${dataset.name}-training-distribution`,
    make: (palette) =>
      found
        ? jointFigure(factorOf(found.pair[0]), factorOf(found.pair[1]), found.joint, palette)
        : { data: [], layout: { height: 300 } },
    rows: () => [found?.pair ?? [], ...(found?.joint ?? [])],
  });

  const settings = () => {
    const { correlations, combinations } = store.get();
    return { correlations, held_out_combinations: combinations };
  };
  const read = createLatest(
    (/** @type {Record<string, string[]>} */ rules) =>
      getJson(dataset.links.distribution, { query: { ...rules, pair: pair.join(","), sample: SAMPLE } }),
    (/** @type {Distribution} */ answer) => {
      [found, failure] = [answer, ""];
      draw();
      figure.draw();
    },
    (error) => {
      failure = messageOf(error);
      draw();
    },
  );
  const refresh = () => read(settings());

  /** @param {"correlations" | "combinations"} key @param {number} at @param {string | null} text null removes the rule */
  function change(key, at, text) {
    const texts = [...store.get()[key]];
    texts.splice(at, 1, ...(text === null ? [] : [text]));
    store.set({ [key]: texts });
  }
  /** @param {string[]} wanted */
  function showPair(wanted) {
    if (wanted[0] === wanted[1]) return;
    pair = wanted;
    refresh();
  }

  /** @param {string} text @param {number} at */
  function correlationRow(text, at) {
    const rule = readCorrelation(text);
    if (!rule) return unreadable(text, () => change("correlations", at, null));
    const set = (/** @type {Partial<Correlation>} */ patch) => {
      const next = { ...rule, ...patch };
      pair = [next.first, next.second];
      change("correlations", at, correlationText(next));
    };
    const others = (/** @type {string} */ name) => options.filter(([option]) => option !== name);
    return html`<div class="rule" role="group" aria-label="Correlation ${at + 1}">
      ${selectField("Factor", others(rule.second), rule.first, (first) => set({ first }))}
      ${selectField("with", others(rule.first), rule.second, (second) => set({ second }))}
      <label class="field"
        >Spread σ
        <input
          type="range"
          min=${SIGMA.min}
          max=${SIGMA.max}
          step=${SIGMA.step}
          .value=${String(Math.log10(rule.sigma))}
          aria-valuetext="sigma ${rule.sigma}"
          @input=${(/** @type {Event} */ event) => set({ sigma: 10 ** numberOf(event) })}
        />
      </label>
      <output class="mono">${rule.sigma}</output>
      <label class="tick"
        ><input
          type="checkbox"
          .checked=${rule.inverse}
          @change=${(/** @type {Event} */ { target }) => set({ inverse: /** @type {HTMLInputElement} */ (target).checked })}
        />
        inverse</label
      >
      ${removeButton(`Remove correlation ${at + 1}`, () => change("correlations", at, null))}
    </div>`;
  }

  /** @param {string} text @param {number} at */
  function combinationRow(text, at) {
    const rule = readCombination(text);
    const remove = () => change("combinations", at, null);
    if ("text" in rule || rule.terms.some(({ factor }) => !names.includes(factor))) return unreadable(text, remove);
    const { terms } = rule;
    const write = (/** @type {Term[]} */ next) => change("combinations", at, combinationText({ terms: next }));
    const set = (/** @type {number} */ which, /** @type {Partial<Term>} */ patch) => {
      const next = terms.map((term, k) => (k === which ? { ...term, ...patch } : term));
      if (next.length > 1) pair = [next[0].factor, next[1].factor];
      write(next);
    };
    const free = names.filter((name) => terms.every(({ factor }) => factor !== name));
    return html`<div class="rule terms" role="group" aria-label="Held-out combination ${at + 1}">
      ${terms.map((term, which) =>
        termFields(
          term,
          [term.factor, ...free],
          (patch) => set(which, patch),
          terms.length > 1 && (() => write(terms.filter((_, k) => k !== which))),
        ),
      )}
      <div class="acts">
        ${free.length ? html`<button type="button" class="btn" @click=${() => write([...terms, wholeUpper(free[0])])}>and</button>` : ""}
        ${removeButton(`Remove held-out combination ${at + 1}`, remove)}
      </div>
    </div>`;
  }

  /** @param {string} name @returns {Term} its upper half */
  function wholeUpper(name) {
    const { size } = factorOf(name);
    return { factor: name, from: Math.floor(size / 2), to: size - 1 };
  }

  /**
   * @param {Term} term
   * @param {string[]} choices
   * @param {(patch: Partial<Term>) => void} set
   * @param {false | (() => void)} drop
   */
  function termFields({ factor, from, to }, choices, set, drop) {
    const of = factorOf(factor);
    const slider = (
      /** @type {string} */ label,
      /** @type {number} */ value,
      /** @type {(v: number) => Partial<Term>} */ patch,
    ) =>
      html`<input
        type="range"
        min="0"
        max=${of.size - 1}
        step="1"
        .value=${String(value)}
        aria-label="${labelOf(factor)} ${label}"
        aria-valuetext=${valueText(of, value)}
        @input=${(/** @type {Event} */ event) => set(patch(numberOf(event)))}
      />`;
    const all = choices.map((name) => [name, labelOf(name)]);
    return html`<div class="class-range">
      ${selectField("Factor", all, factor, (name) => set(wholeUpper(name)))}
      ${slider("from", from, (value) => ({ from: value, to: Math.max(value, to) }))}
      ${slider("to", to, (value) => ({ to: value, from: Math.min(value, from) }))}
      <output class="mono"
        >${from === to ? valueText(of, from) : `${valueText(of, from)} to ${valueText(of, to)}`}</output
      >
      ${drop ? removeButton(`Remove ${labelOf(factor)}`, drop) : ""}
    </div>`;
  }

  function result() {
    if (failure) return html`<p class="status-text bad" role="alert">${failure}</p>`;
    if (!found) return html`<p class="soft">Loading …</p>`;
    const [first, second] = found.pair;
    const correlation = found.correlation_matrix[names.indexOf(first)][names.indexOf(second)];
    const share = 1 - found.allowed_images / found.n_images;
    const query = { index: found.sample.join(","), columns: COLUMNS };
    return html`
      <p role="status">
        ${thousands(found.allowed_images)} of ${thousands(found.n_images)} images, ${fixed(100 * share, 1)} % held out.
        Correlation of ${labelOf(first)} and ${labelOf(second)}:
        <b class="mono">${correlation === null ? "–" : fixed(correlation)}</b>.
      </p>
      ${selectField("Show", options, first, (name) => showPair([name, second]))}
      ${selectField("against", options, second, (name) => showPair([first, name]))} ${figure.node}
      <img
        class="drawn"
        src=${withQuery(dataset.links.images, query)}
        alt="${found.sample.length} images that training draws"
      />
    `;
  }

  function draw() {
    const { correlations, combinations } = store.get();
    const add = (/** @type {string} */ key, /** @type {string} */ text) =>
      store.set({ [key]: [...store.get()[key], text] });
    const train = withQuery("/jobs", { dataset: dataset.name, upload, ...settings() });
    render(
      html`
        <div class="bar">
          <h2>Training distribution</h2>
          <span class="soft">correlated factors and combinations that training never shows</span>
        </div>
        <div class="distribution">
          <div>
            <h3>Correlated factors</h3>
            ${correlations.map(correlationRow)}
            <button
              type="button"
              class="btn"
              @click=${() => {
                const [first, second] = pair;
                add("correlations", correlationText({ first, second, sigma: SIGMA.start, inverse: false }));
              }}
            >
              Correlate two factors
            </button>
            <h3>Held-out combinations</h3>
            ${combinations.map(combinationRow)}
            <button
              type="button"
              class="btn"
              @click=${() => add("combinations", combinationText({ terms: pair.map(wholeUpper) }))}
            >
              Hold out a combination
            </button>
            <p class="soft">
              Of two correlated factors, near values appear together more often: p(a, b) ∝ exp(−(a − b)² / 2σ²), with
              the values scaled to 0 to 1 (Träuble et al. 2021); σ 0.2 is strong, 0.7 weak. Combinations that are held
              out never appear in training.
            </p>
            <p><a class="btn primary" href="${train}#new">Train on it</a></p>
            ${command(`axiscope train --dataset ${dataset.name}${trainOptions(settings())}`)}
          </div>
          <div>${result()}</div>
        </div>
      `,
      node,
    );
  }

  store.on(["correlations", "combinations"], () => {
    draw();
    refresh();
  });
  draw();
  refresh();
  return { node };
}

/** @param {Event} event */
const numberOf = ({ target }) => Number(/** @type {HTMLInputElement} */ (target).value);

/** @param {string} label @param {() => void} remove */
const removeButton = (label, remove) =>
  html`<button type="button" class="btn" aria-label=${label} title=${label} @click=${remove}>×</button>`;

/** @param {string} text @param {() => void} remove */
const unreadable = (text, remove) =>
  html`<div class="rule"><code>${text}</code>${removeButton(`Remove ${text}`, remove)}</div>`;
