/** Own pictures: the form that uploads a zip, and the sets that were uploaded. */

import { getJson, Problem, sendForm, sendJson, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { bytes, thousands } from "../core/format.js";
import { toastError } from "../ui/toast.js";

const PATH = "/api/v1/datasets/own/uploads";
const NAME = /^[a-z0-9][a-z0-9._-]{0,79}$/;

/**
 * @typedef {{name: string, pictures: number | null, labels: boolean, bytes: number, links: Record<string, string>}} Upload
 * @typedef {{items: Upload[], limits: {bytes: number, unpacked_bytes: number, files: number}}} Uploads
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
 * What stands against sending, in words; "" for nothing.
 * @param {{name: string, pictures: File | undefined}} form
 * @param {Uploads} known
 */
export function refusalOf({ name, pictures }, known) {
  if (!pictures) return "Choose a zip of pictures.";
  if (pictures.size > known.limits.bytes)
    return `${pictures.name} has ${bytes(pictures.size)}; allowed are ${bytes(known.limits.bytes)}: send it in parts.`;
  if (!NAME.test(name)) return "The name takes lower-case letters, digits, '.', '_' and '-', at most 80.";
  if (known.items.some((item) => item.name === name)) return `There is a set ${name}: choose another name.`;
  return "";
}

/**
 * @param {{shown?: string | null, open: (page: string) => void}} options name of the set the page shows; goes to another
 */
export async function uploadPanel({ shown = null, open }) {
  /** @type {Uploads} */
  let known = await getJson(PATH);
  const list = el("div", { class: "uploads" });
  const form = uploadForm(() => known, open);
  const draw = () => list.replaceChildren(...(known.items.length ? [table(known.items, shown, remove)] : []));
  /** @param {Upload} item */
  async function remove(item) {
    if (!confirm(`Delete ${item.name}? Models that were trained on it stay, without their images.`)) return;
    try {
      await sendJson("DELETE", item.links.self);
      if (item.name === shown) return open("/data/own");
      known = await getJson(PATH);
      draw();
    } catch (error) {
      toastError(error);
    }
  }
  draw();
  return el(
    "section",
    { class: "card", "aria-label": "Your own pictures" },
    el("div", { class: "bar" }, el("h2", {}, "Your own pictures")),
    el("div", { class: "upload" }, form, list),
  );
}

/**
 * @param {Upload[]} items
 * @param {string | null} shown
 * @param {(item: Upload) => void} remove
 */
function table(items, shown, remove) {
  const rows = items.map((item) =>
    el(
      "tr",
      {},
      el("td", {}, item.name === shown ? el("b", {}, item.name) : el("a", { href: item.links.page }, item.name)),
      el("td", { class: "mono" }, item.pictures === null ? "–" : thousands(item.pictures)),
      el("td", {}, item.labels ? "yes" : "none"),
      el("td", { class: "mono" }, bytes(item.bytes)),
      el(
        "td",
        { class: "acts" },
        el("a", { class: "btn", href: trainPage(item.name), "aria-label": `Train on ${item.name}` }, "Train on it"),
        el(
          "button",
          { type: "button", class: "btn", "aria-label": `Delete ${item.name}`, on: { click: () => remove(item) } },
          "Delete",
        ),
      ),
    ),
  );
  const heads = ["set", "pictures", "labels", "size", ""].map((head) => el("th", { scope: "col" }, head));
  return el("table", { "aria-label": "Uploaded sets" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
}

/** Form of a run on an uploaded set. @param {string} name */
export const trainPage = (name) => `${withQuery("/jobs", { upload: name })}#new`;

/**
 * @param {() => Uploads} known
 * @param {(page: string) => void} open
 */
function uploadForm(known, open) {
  const pictures = el("input", { type: "file", accept: ".zip,application/zip", id: "upload-pictures" });
  const labels = el("input", { type: "file", accept: ".csv,text/csv", id: "upload-labels" });
  const name = el("input", { type: "text", id: "upload-name", autocomplete: "off", placeholder: "faces" });
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Upload" });
  const said = el("p", { class: "said", role: "status" });
  const send = el("button", { type: "submit", class: "btn primary" }, "Upload");
  const field = (/** @type {HTMLInputElement} */ box, /** @type {string} */ text, /** @type {string} */ hint) =>
    el("label", { class: "setting", for: box.id }, el("b", {}, text), box, el("span", { class: "soft" }, hint));
  const say = (/** @type {string} */ text, bad = false) => {
    said.textContent = text;
    said.classList.toggle("bad", bad);
  };
  bar.hidden = true;
  const { limits } = known();
  const most = `at most ${bytes(limits.bytes)}, ${thousands(limits.files)} files`;
  const node = el(
    "form",
    { class: "drop", noValidate: true },
    el("p", {}, "Drop a zip of pictures here, or choose one. Hidden files are left out, sub-folders are fine."),
    field(pictures, "Zip of pictures", `PNG, JPEG, BMP, GIF, TIFF or WebP; ${most}.`),
    field(
      labels,
      "Labels, optional",
      "A CSV with a column file and one column a factor, where the zip has no labels.csv.",
    ),
    field(name, "Name", "Lower-case letters, digits, '.', '_', '-'."),
    el("div", { class: "send" }, send, bar),
    said,
  );
  const chosen = () => {
    const file = pictures.files?.[0];
    if (file && !name.value) name.value = nameOf(file.name);
    say("");
  };
  async function submit() {
    const file = pictures.files?.[0];
    const refusal = refusalOf({ name: name.value.trim(), pictures: file }, known());
    if (refusal || !file) return say(refusal, true);
    const body = new FormData();
    body.append("name", name.value.trim());
    body.append("pictures", file);
    if (labels.files?.[0]) body.append("labels", labels.files[0]);
    send.disabled = true;
    bar.hidden = false;
    try {
      const made = await sendForm(PATH, body, (share) => {
        bar.value = share;
        say(share < 1 ? `Sending: ${Math.floor(100 * share)} %` : "Unpacking and checking the pictures …");
      });
      open(made.links.page);
    } catch (error) {
      say(error instanceof Problem ? error.message : String(error), true);
    } finally {
      send.disabled = false;
      bar.hidden = true;
      bar.value = 0;
    }
  }
  pictures.addEventListener("change", chosen);
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
