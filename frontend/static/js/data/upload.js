/** Own pictures: form that uploads a zip, and table of the uploaded sets. */

import { getJson, messageOf, sendForm, sendJson, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { bytes, thousands } from "../core/format.js";
import { html, render, tableHead } from "../core/html.js";
import { isAbort, latest } from "../core/latest.js";
import { toastError } from "../ui/toast.js";
import { previewOf } from "./upload-preview.js";

const PATH = "/api/v1/datasets/own/uploads";
const NAME = /^[a-z0-9][a-z0-9._-]{0,79}$/;

/**
 * @typedef {{name: string, pictures: number | null, labels: boolean, bytes: number, links: Record<string, string>}} Upload
 * @typedef {{items: Upload[], limits: {bytes: number, unpacked_bytes: number, files: number}}} Uploads
 * @typedef {Pick<import("./upload-preview.js").Content, "pictures" | "bytes">} Content
 */

/** "My Faces (2).zip" -> "my-faces-2". @param {string} file */
export const nameOf = (file) =>
  file
    .toLowerCase()
    .replace(/\.[^.]*$/, "")
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|-+$/g, "")
    .slice(0, 80);

/**
 * Reason why a form cannot be sent, or "".
 * @param {{name: string, pictures: File | undefined, content?: Content | null}} form `content`: what the zip holds, null
 *   where it could not be read
 * @param {Uploads} uploads
 */
export function refusalOf({ name, pictures, content = null }, { items, limits }) {
  if (!pictures) return "Choose a zip of pictures.";
  if (pictures.size > limits.bytes)
    return `Got ${pictures.name} of ${bytes(pictures.size)}; allowed: ${bytes(limits.bytes)}; send it in parts.`;
  if (content && !content.pictures.length)
    return `Got ${pictures.name} without pictures; allowed: PNG and JPEG files; put some in it.`;
  if (content && content.bytes > limits.unpacked_bytes)
    return `Got ${pictures.name}, which unpacks to ${bytes(content.bytes)}; allowed: ${bytes(limits.unpacked_bytes)}; send it in parts.`;
  if (!NAME.test(name))
    return `Got the name "${name}"; allowed: at most 80 lower-case letters, digits, '.', '_' and '-'; choose another.`;
  if (items.some((item) => item.name === name))
    return `Got the name ${name} of another set; allowed: a new one; choose another.`;
  return "";
}

/**
 * @param {{shown?: string | null, open: (page: string) => void}} options `shown`: name of the set of the page
 */
export async function uploadPanel({ shown = null, open }) {
  /** @type {Uploads} */
  let uploads = await getJson(PATH);
  const node = Object.assign(document.createElement("section"), { className: "card", ariaLabel: "Your own pictures" });
  const form = uploadForm(() => uploads, open);
  function draw() {
    const { items } = uploads;
    const content = html`
      <div class="bar"><h2>Your own pictures</h2></div>
      <div class="upload">
        ${form}
        <div class="uploads">${items.length ? uploadTable(items, shown, remove) : ""}</div>
      </div>
    `;
    render(content, node);
  }
  /** @param {Upload} item */
  async function remove(item) {
    if (!confirm(`Delete ${item.name}? Models that were trained on it stay, without their images.`)) return;
    try {
      await sendJson("DELETE", item.links.self);
      if (item.name === shown) return open("/data/own");
      uploads = await getJson(PATH);
      draw();
    } catch (error) {
      toastError(error);
    }
  }
  draw();
  return node;
}

/**
 * @param {Upload[]} items
 * @param {string | null} shown
 * @param {(item: Upload) => void} remove
 */
function uploadTable(items, shown, remove) {
  const rows = items.map(
    (item) =>
      html`<tr>
        <td>${item.name === shown ? html`<b>${item.name}</b>` : html`<a href=${item.links.page}>${item.name}</a>`}</td>
        <td class="mono">${item.pictures === null ? "–" : thousands(item.pictures)}</td>
        <td>${item.labels ? "yes" : "none"}</td>
        <td class="mono">${bytes(item.bytes)}</td>
        <td class="acts">
          <a class="btn" href=${trainPage(item.name)} aria-label="Train on ${item.name}">Train on it</a>
          <button type="button" class="btn" aria-label="Delete ${item.name}" @click=${() => remove(item)}>
            Delete
          </button>
        </td>
      </tr>`,
  );
  return html`<table aria-label="Uploaded sets">
    ${tableHead(["set", "pictures", "labels", "size", ""])}
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

/** Form of a run on an uploaded set. @param {string} name */
export const trainPage = (name) => `${withQuery("/jobs", { upload: name })}#new`;

/**
 * @param {() => Uploads} uploads
 * @param {(page: string) => void} open
 */
function uploadForm(uploads, open) {
  const pictures = el("input", { type: "file", accept: ".zip,application/zip", id: "upload-pictures" });
  const labels = el("input", { type: "file", accept: ".csv,text/csv", id: "upload-labels" });
  const name = el("input", { type: "text", id: "upload-name", autocomplete: "off", placeholder: "faces" });
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Upload" });
  const status = el("p", { class: "status-text", role: "status" });
  const send = el("button", { type: "submit", class: "btn primary" }, "Upload");
  const found = el("div", { class: "found", "aria-label": "Found in the zip", role: "group", hidden: true });
  /** @type {Content | null} */
  let content = null;
  const field = (/** @type {HTMLInputElement} */ box, /** @type {string} */ text, /** @type {string} */ hint) =>
    el("label", { class: "setting", for: box.id }, el("b", {}, text), box, el("span", { class: "soft" }, hint));
  const setStatus = (/** @type {string} */ text, bad = false) => {
    status.textContent = text;
    status.classList.toggle("bad", bad);
  };
  bar.hidden = true;
  const { limits } = uploads();
  const limit = `at most ${bytes(limits.bytes)}, ${thousands(limits.files)} files`;
  const node = el(
    "form",
    { class: "drop", noValidate: true },
    el("p", {}, "Drop a zip of pictures here, or choose one. You see what is in it before it is sent."),
    field(pictures, "Zip of pictures", `PNG, JPEG, BMP, GIF, TIFF or WebP; ${limit}.`),
    field(
      labels,
      "Labels, optional",
      "A CSV with a column file and one column a factor, where the zip has no labels.csv.",
    ),
    field(name, "Name", "Lower-case letters, digits, '.', '_', '-'."),
    found,
    el("div", { class: "send" }, send, bar),
    status,
  );
  const look = latest(async (signal, /** @type {File} */ file, /** @type {File | undefined} */ table) => {
    const preview = await previewOf(file, table);
    signal.throwIfAborted();
    content = preview.content;
    found.replaceChildren(el("b", {}, "Found"), preview.node);
    found.hidden = false;
  });
  const chosen = () => {
    const file = pictures.files?.[0];
    if (file && !name.value) name.value = nameOf(file.name);
    setStatus("");
    content = null;
    found.hidden = true;
    if (file)
      look(file, labels.files?.[0]).catch(
        (error) => isAbort(error) || setStatus(`${file.name}: ${messageOf(error)}`, true),
      );
  };
  async function submit() {
    const file = pictures.files?.[0];
    const refusal = refusalOf({ name: name.value.trim(), pictures: file, content }, uploads());
    if (refusal || !file) return setStatus(refusal, true);
    const body = new FormData();
    body.append("name", name.value.trim());
    body.append("pictures", file);
    if (labels.files?.[0]) body.append("labels", labels.files[0]);
    send.disabled = true;
    bar.hidden = false;
    try {
      const made = await sendForm(PATH, body, (share) => {
        bar.value = share;
        setStatus(share < 1 ? `Sending: ${Math.floor(100 * share)} %` : "Unpacking and checking the pictures …");
      });
      open(made.links.page);
    } catch (error) {
      setStatus(messageOf(error), true);
    } finally {
      send.disabled = false;
      bar.hidden = true;
      bar.value = 0;
    }
  }
  for (const box of [pictures, labels]) box.addEventListener("change", chosen);
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  acceptFiles(node, pictures, chosen);
  return node;
}

/**
 * Files dropped on ``node`` become those of ``box``.
 * @param {HTMLElement} node
 * @param {HTMLInputElement} box
 * @param {() => void} chosen
 */
function acceptFiles(node, box, chosen) {
  const over = (/** @type {boolean} */ is) => node.classList.toggle("over", is);
  node.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  node.addEventListener("dragleave", () => over(false));
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!event.dataTransfer?.files.length) return;
    box.files = event.dataTransfer.files;
    chosen();
  });
}
