/** Drawer with the card of a model: training, scores, limits, use and citation, as the service writes it. */

import { getJson, isCopy, messageOf, modelPath, request } from "../core/api.js";
import { html, render, tableHead } from "../core/html.js";
import { openDrawer } from "./dialog.js";
import { download } from "./download.js";
import { toastError } from "./toast.js";

/** @param {{ id: string, name: string }} model */
export async function openModelCard({ id, name }) {
  const path = `${modelPath(id)}/card`;
  const inside = document.createElement("div");
  inside.className = "model-card";
  const save = async () => {
    const answer = await request(path, { headers: { Accept: "text/markdown" } });
    download(`${id}.md`, await answer.text(), "text/markdown");
  };
  const button = html`<button type="button" class="btn" @click=${() => save().catch(toastError)}>
    Save Markdown
  </button>`;
  render(html`<p class="soft">Reading the card …</p>`, inside);
  openDrawer(`Card · ${name}`, [], [inside]);
  try {
    /** @type {import("../types").Card} */
    const card = await getJson(path);
    render(html`${isCopy() ? "" : button}${card.sections.map(section)}`, inside);
  } catch (error) {
    render(html`<p class="notice bad">${messageOf(error)}</p>`, inside);
  }
}

/** @param {import("../types").CardSection} section */
const section = ({ title, text = [], table, points = [], code = {} }) => html`
  <h3>${title}</h3>
  ${text.map((each) => html`<p>${each}</p>`)} ${table ? tableOf(table, title) : ""}
  ${
    points.length
      ? html`<ul>
          ${points.map((each) => html`<li>${each}</li>`)}
        </ul>`
      : ""
  }
  ${Object.values(code).map((each) => html`<pre tabindex="0"><code>${each}</code></pre>`)}
`;

/**
 * A table of facts has no name for its first column.
 * @param {import("../types").CardTable} table
 * @param {string} title
 */
const tableOf = ({ columns, rows }, title) => html`
  <div class="scroll-x" tabindex="0" role="region" aria-label=${title}>
    <table class=${columns[0] ? "" : "facts"}>
      ${columns[0] ? tableHead(columns) : ""}
      <tbody>
        ${rows.map(
          ([first, ...rest]) => html`
            <tr>
              <th scope="row">${first}</th>
              ${rest.map((cell) => html`<td>${cell}</td>`)}
            </tr>
          `,
        )}
      </tbody>
    </table>
  </div>
`;
