/** Page of the published experiments: question, published figures beside measured ones, and how to run them. */

import { getJson, messageOf } from "../core/api.js";
import { need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { readQuery, text } from "../core/url.js";
import { measuredTable, publishedTable } from "../studies/tables.js";
import { command } from "../ui/panel.js";
import { toastError } from "../ui/toast.js";

const root = need("#studies");
const { study: opened } = readQuery({ study: text() }, location.search);
/** @type {any[]} */
let studies = [];
/** Figures of the opened studies, by name; null while they are read. @type {Map<string, any>} */
const details = new Map();

const draw = () => render(studies.map(card), root);

/** @param {string} name */
async function open(name) {
  if (details.has(name)) return;
  details.set(name, null);
  try {
    details.set(name, await getJson(`/api/v1/studies/${encodeURIComponent(name)}`));
    draw();
  } catch (error) {
    details.delete(name);
    toastError(error);
  }
}

/** @param {any} study */
function card({ name, title, source, question, runs, steps, metrics, measured, notes }) {
  const onToggle = (/** @type {Event} */ { target }) => /** @type {HTMLDetailsElement} */ (target).open && open(name);
  const done = measured.map(
    (/** @type {any} */ one) =>
      html`<span class="chip good"
        >scale ${one.scale}: ${one.done} of ${runs} done${one.failed ? `, ${one.failed} failed` : ""}</span
      >`,
  );
  return html`<article class="card study" id=${name} aria-label=${title}>
    <h2>${title}</h2>
    <p class="source">${source}</p>
    <p>${question}</p>
    <div class="facts">
      <span class="chip accent">${thousands(runs)} runs</span>
      <span class="chip">up to ${thousands(steps)} steps each</span>
      <span class="chip">${metrics.join(", ")}</span>
      ${done.length ? done : html`<span class="chip outline">not run on this machine yet</span>`}
    </div>
    ${notes ? html`<p class="soft">${notes}</p>` : ""}
    <details ?open=${name === opened} @toggle=${onToggle}>
      <summary>Published and measured figures</summary>
      <div>${details.get(name) ? figures(details.get(name)) : ""}</div>
    </details>
    ${command(`axiscope study run ${name} --scale 0.05`)}
  </article>`;
}

/** @param {any} study with its rows */
function figures({ rows, scale, metrics }) {
  const none = html`<p class="soft">
    Nothing yet. The command below trains every run, measures it and writes a report; --scale shortens the runs and
    every figure says so.
  </p>`;
  return html`
    <h3>Published</h3>
    ${publishedTable(rows)}
    <h3>${scale === null ? "Measured here" : `Measured here, at scale ${scale} of the published steps`}</h3>
    ${scale === null ? none : measuredTable(rows, metrics)}
  `;
}

async function start() {
  ({ items: studies } = await getJson("/api/v1/studies"));
  draw();
  if (opened) document.getElementById(opened)?.scrollIntoView();
}

start()
  .catch((error) => {
    const reason = messageOf(error);
    render(html`<p class="empty"><b>The studies cannot be listed</b>${reason}</p>`, root);
  })
  .finally(() => {
    root.setAttribute("aria-busy", "false");
    document.body.dataset.ready = "1";
  });
