/** Search and commands, opened with Ctrl+K: models, pages, terms, and what the page in view can do. */

import { explorePage, isCopy, listLatents, listModels } from "../core/api.js";
import { el } from "../core/dom.js";
import { isAbort, latest } from "../core/latest.js";
import { openDialog } from "./dialog.js";
import { readGlossary, termsFound } from "./glossary.js";

/** @typedef {{ label: string, hint?: string, run: () => void }} Command */

/** @type {Set<() => Command[]>} */
const sources = new Set();

const PAGES = [
  ["Models", "/"],
  ["Explore", "/explore"],
  ["Compare", "/compare"],
  ["Scores", "/scores"],
  ["Jobs", "/jobs"],
  ["Studies", "/studies"],
  ["Data", "/data"],
  ["API", "/docs/api"],
  ["Documentation", "/docs"],
  ["Glossary", "/glossary"],
  ["Import a model", "/#import"],
  ["Upload your own pictures", "/data/own"],
];
const MAX_SHOWN = 30;

/**
 * Add commands of the page.
 * @param {() => Command[]} source called at each opening
 * @param {AbortSignal} [signal] removes them
 */
export function addCommands(source, signal) {
  sources.add(source);
  signal?.addEventListener("abort", () => sources.delete(source));
}

/** @param {string} [begin] text to begin with */
export function openPalette(begin = "") {
  if (document.querySelector("dialog.palette")) return;
  const input = el("input", {
    type: "search",
    value: begin,
    placeholder: "Model, page, command, term, or latent: posX leak<.1",
    "aria-label": "Search models, latents, pages, commands and terms",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "palette-list",
    autocomplete: "off",
  });
  const list = el("div", { id: "palette-list", role: "listbox", "aria-label": "Results" });
  const dialog = openDialog({ label: "Search", className: "palette" }, input, list);
  const go = (/** @type {string} */ address) => () => location.assign(address);
  const fixed = [
    ...[...sources].flatMap((source) => source()),
    ...(isCopy() ? [] : PAGES).map(([label, address]) => ({ label, hint: "page", run: go(address) })),
  ];
  /** @type {Command[]} */
  let models = [];
  /** @type {Command[]} found by factor, state or comparison */
  let latents = [];
  /** @type {import("./glossary.js").Glossary} */
  let glossary = {};
  /** @type {Command[]} */
  let shown = [];
  let at = 0;

  const matches = (/** @type {Command} */ command) =>
    input.value
      .toLowerCase()
      .split(/\s+/)
      .every((word) => `${command.label} ${command.hint ?? ""}`.toLowerCase().includes(word));
  const draw = () => {
    shown = [...latents, ...models, ...fixed.filter(matches), ...termsFound(glossary, input.value)].slice(0, MAX_SHOWN);
    at = Math.min(at, Math.max(0, shown.length - 1));
    list.replaceChildren(
      ...shown.map((command, n) =>
        el(
          "div",
          {
            role: "option",
            id: `palette-${n}`,
            "aria-selected": String(n === at),
            on: { click: () => choose(n), pointermove: () => n !== at && mark(n) },
          },
          command.label,
          el("small", { class: "soft" }, command.hint ?? ""),
        ),
      ),
    );
    if (!shown.length)
      list.replaceChildren(el("p", { class: "empty" }, "No model, page, command or term has this name"));
    input.setAttribute("aria-activedescendant", shown.length ? `palette-${at}` : "");
  };
  /** @param {number} n */
  function mark(n) {
    at = (n + shown.length) % Math.max(1, shown.length);
    [...list.children].forEach((option, k) => option.setAttribute("aria-selected", String(k === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `palette-${at}`);
  }
  /** @param {number} n */
  function choose(n) {
    dialog.close();
    shown[n]?.run();
  }
  const findModels = latest(async (signal) => {
    const page = await listModels({ q: input.value.trim() || null, limit: 12 }, signal);
    signal.throwIfAborted();
    models = page.items.map((m) => ({
      label: m.name || m.id,
      hint: ["model", m.dataset_title ?? m.dataset, m.training && `seed ${m.training.seed}`]
        .filter(Boolean)
        .join(" · "),
      run: go(explorePage(m.id)),
    }));
    draw();
  });
  const findLatents = latest(async (signal) => {
    const q = input.value.trim();
    const page = q && !isCopy() ? await listLatents({ q, limit: 8 }, signal) : null;
    signal.throwIfAborted();
    // words that concern no latent find its model, which is listed already
    const found = page && Object.keys(page.filters).length ? page.items : [];
    latents = found.map((each) => ({
      label: `z${each.latent} ${each.factor ?? ""} of ${each.model_name}`,
      hint: [
        each.purity !== null && `purity ${each.purity.toFixed(2)}`,
        each.leak !== null && `leak ${each.leak.toFixed(2)}`,
        each.state,
      ]
        .filter(Boolean)
        .join(" · "),
      run: go(each.links.explore),
    }));
    draw();
  });
  const search = () => {
    findModels().catch((error) => {
      if (isAbort(error)) return;
      models = []; // models of an older text are wrong
      draw();
    });
    findLatents().catch((error) => {
      if (isAbort(error)) return;
      latents = [];
      draw();
    });
  };
  input.addEventListener("input", () => {
    at = 0;
    latents = [];
    models = models.filter(matches); // until the service answers, Enter must not open a model of the older text
    draw();
    search();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(at + step);
    else if (event.key === "Enter") choose(at);
    else return;
    event.preventDefault();
  });
  const addTerms = (/** @type {import("./glossary.js").Glossary} */ terms) => {
    glossary = terms;
    draw();
  };
  input.focus();
  draw();
  search();
  readGlossary().then(addTerms, () => {}); // without it the palette finds the rest
}
