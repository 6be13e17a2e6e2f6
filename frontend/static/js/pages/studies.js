/** Page of the published experiments: question, published figures beside measured ones, and how to run them. */

import { getJson, messageOf } from "../core/api.js";
import { need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { readQuery, text } from "../core/url.js";
import { createResults } from "../studies/results.js";
import { createRunForm } from "../studies/run-form.js";
import { toastError } from "../ui/toast.js";

const root = need("#studies");
const { study: opened } = readQuery({ study: text() }, location.search);
/** @type {any[]} */
let studies = [];
/** Results of the opened studies, by name. @type {Map<string, ReturnType<typeof createResults>>} */
const results = new Map();

/** Forms to run the studies, by name. @type {Map<string, Node>} */
const forms = new Map();

const draw = () => render(studies.map(card), root);

/** @param {any} study */
function open(study) {
  if (results.has(study.name)) return;
  const made = createResults(study);
  results.set(study.name, made);
  draw();
  made.start().catch(toastError);
}

/** @param {any} study */
function card(study) {
  const { name, title, source, question, runs, steps, metric_titles, measured, notes } = study;
  const onToggle = (/** @type {Event} */ { target }) => /** @type {HTMLDetailsElement} */ (target).open && open(study);
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
      <span class="chip">scored by ${metric_titles.join(", ")}</span>
      ${done.length ? done : html`<span class="chip outline">not run on this machine yet</span>`}
    </div>
    ${notes ? html`<p class="soft">${notes}</p>` : ""}
    <details ?open=${name === opened} @toggle=${onToggle}>
      <summary>Figures, claims and tables: published and measured</summary>
      <div>${results.get(name)?.node ?? ""}</div>
    </details>
    <div class="run">${forms.get(name)}</div>
  </article>`;
}

async function start() {
  ({ items: studies } = await getJson("/api/v1/studies"));
  for (const { name } of studies) forms.set(name, createRunForm(name).node);
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
