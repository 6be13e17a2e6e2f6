/** Results of a study: source (a measured scale, or an import), claims, figures, tables, and the import of a table. */

import { getJson, messageOf, request, sendJson, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { isAbort, latest } from "../core/latest.js";
import { toast, toastError } from "../ui/toast.js";
import { createFigure } from "./figure.js";
import { claimTable, resultTable } from "./tables.js";

/**
 * @typedef {{id: number, name: string, runs: number, created_at: string}} Import
 * @typedef {{name: string, measured: {scale: number, done: number}[]}} Study
 */

/** @param {Import} entry */
const importText = ({ name, runs, created_at }) =>
  `imported: ${name}, ${created_at.slice(0, 10)}, ${thousands(runs)} runs`;

/** @param {Study} study */
export function createResults({ name, measured }) {
  const path = `/api/v1/studies/${encodeURIComponent(name)}`;
  const node = el("div", { class: "results" });
  const head = el("div", { class: "source-bar" });
  const claims = el("div");
  const figures = el("div", { class: "figures" });
  const tables = el("div");
  node.append(head, claims, figures, tables);
  /** @type {Import[]} */
  let imports = [];
  /** Chosen source: "scale=0.1" or "import=3". */
  let source = measured.length ? `scale=${measured[0].scale}` : "";
  /** @type {{destroy: () => void}[]} */
  let drawn = [];

  const query = () => Object.fromEntries(new URLSearchParams(source));
  const read = latest(async (signal) => {
    const get = (/** @type {string} */ what) => getJson(`${path}/${what}`, { query: query(), signal });
    return Promise.all([get("claims"), get("tables"), getJson(`${path}/figures`, { signal })]);
  });

  function clear() {
    for (const figure of drawn) figure.destroy();
    drawn = [];
    figures.replaceChildren();
  }

  async function show() {
    clear();
    drawHead();
    if (!source) {
      render("", tables);
      render(html`<p class="soft">Nothing yet: run the study, or import a table of results.</p>`, claims);
      return;
    }
    try {
      const [judged, tabulated, listed] = await read();
      render(
        html`<p class="soft">${judged.note}</p>
          ${
            judged.items.length
              ? html`<h3>Claims</h3>
                  ${claimTable(judged.items)}`
              : ""
          }`,
        claims,
      );
      drawn = listed.items.map((/** @type {any} */ each) => createFigure(path, each, query()));
      figures.append(...drawn.map((/** @type {any} */ each) => each.node));
      render(tabulated.items.map(resultTable), tables);
    } catch (error) {
      if (isAbort(error)) return;
      render(html`<p class="empty"><b>The results cannot be read</b>${messageOf(error)}</p>`, claims);
    }
  }

  function drawHead() {
    const options = [
      ...measured.map(({ scale, done }) => ({
        value: `scale=${scale}`,
        text: `measured at scale ${scale}: ${done} runs`,
      })),
      ...imports.map((each) => ({ value: `import=${each.id}`, text: importText(each) })),
    ];
    const chosen = imports.find(({ id }) => source === `import=${id}`);
    render(
      html`${
          options.length
            ? html`<label
                >Results
                <select @change=${(/** @type {any} */ event) => choose(event.target.value)}>
                  ${options.map(({ value, text }) => html`<option value=${value} ?selected=${value === source}>${text}</option>`)}
                </select></label
              >`
            : ""
        }
        ${chosen ? html`<button class="btn" type="button" @click=${() => remove(chosen)}>Delete this import</button>` : ""}
        <span class="grow"></span>
        <label class="btn"
          >Import a table (CSV) <input class="visually-hidden" type="file" accept=".csv,text/csv" @change=${upload}
        /></label>`,
      head,
    );
  }

  /** @param {string} value */
  function choose(value) {
    source = value;
    return show();
  }

  /** @param {Event} event */
  async function upload({ target }) {
    const input = /** @type {HTMLInputElement} */ (target);
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    try {
      const answer = await request(withQuery(`${path}/imports`, { file: file.name.slice(0, 200) }), {
        method: "POST",
        headers: { "Content-Type": "text/csv" },
        body: file,
      });
      const entry = await answer.json();
      toast(`${thousands(entry.runs)} runs imported from ${entry.name}`);
      imports = [entry, ...imports];
      await choose(`import=${entry.id}`);
    } catch (error) {
      toastError(error);
    }
  }

  /** @param {Import} entry */
  async function remove(entry) {
    if (!confirm(`Delete the ${thousands(entry.runs)} runs imported from ${entry.name}?`)) return;
    try {
      await sendJson("DELETE", `${path}/imports/${entry.id}`);
      imports = imports.filter(({ id }) => id !== entry.id);
      await choose(measured.length ? `scale=${measured[0].scale}` : imports.length ? `import=${imports[0].id}` : "");
    } catch (error) {
      toastError(error);
    }
  }

  return {
    node,
    async start() {
      ({ items: imports } = await getJson(`${path}/imports`));
      if (!source && imports.length) source = `import=${imports[0].id}`;
      await show();
    },
    destroy: clear,
  };
}
