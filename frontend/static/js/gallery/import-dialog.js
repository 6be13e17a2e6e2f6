/** Import of a model from two ONNX files: choose or drop them, see what was found, then say yes. */

import { getJson, messageOf, sendForm } from "../core/api.js";
import { el } from "../core/dom.js";
import { openDialog } from "../ui/dialog.js";

const PATH = "/api/v1/models";
const MAX_BYTES = 512 * 2 ** 20;
const PIXELS = [
  ["auto", "found by the last operator"],
  ["unit", "0 to 1"],
  ["logits", "logits: a sigmoid is added"],
  ["symmetric", "−1 to 1, for encoder and decoder"],
];

/**
 * Give dropped or chosen files their roles: by "enc" and "dec" in their names, else in their order.
 * @template {{name: string}} F
 * @param {F[]} files
 * @param {{encoder?: F, decoder?: F}} [known]
 * @returns {{encoder?: F, decoder?: F}}
 */
export function rolesOf(files, known = {}) {
  const roles = { ...known };
  const rest = files.filter((file) => {
    const role = /dec|gen/i.test(file.name) ? "decoder" : /enc/i.test(file.name) ? "encoder" : null;
    if (role) roles[role] = file;
    return !role;
  });
  for (const file of rest) roles[roles.encoder ? "decoder" : "encoder"] = file;
  return roles;
}

/**
 * Reason why a form cannot be sent, or "".
 * @param {{encoder?: File, decoder?: File}} files
 * @param {string} name
 */
export function refusalOf({ encoder, decoder }, name) {
  if (!encoder || !decoder)
    return `Choose the ${encoder ? "decoder" : "encoder"} too: a model is two ONNX files, from image to latents and back.`;
  const large = [encoder, decoder].find(({ size }) => size > MAX_BYTES);
  if (large)
    return `Got ${large.name} of ${Math.ceil(large.size / 2 ** 20)} MiB; allowed: 512 MiB; export a smaller model.`;
  return name.trim() ? "" : "Give the model a name.";
}

/** Data sets that can be opened, and uploaded pictures. @returns {Promise<string[][]>} value and text */
async function datasetChoices() {
  const [{ items }, uploads] = await Promise.all([
    getJson("/api/v1/datasets"),
    getJson("/api/v1/datasets/own/uploads"),
  ]);
  const named = /** @type {{name: string, title: string, available: boolean}[]} */ (items);
  return [
    ["", "none, or not known"],
    ...named.filter(({ available }) => available).map(({ name, title }) => [name, title]),
    ...uploads.items.map((/** @type {{name: string}} */ { name }) => [`own/${name}`, `your pictures: ${name}`]),
  ];
}

/** @param {(page: string) => void} open called with the page of the imported model */
export function openImport(open) {
  /** @type {{encoder?: File, decoder?: File}} */
  let files = {};
  const role = (/** @type {"encoder" | "decoder"} */ which, /** @type {string} */ meaning) => {
    const input = el("input", { type: "file", accept: ".onnx", id: `import-${which}` });
    input.addEventListener("change", () => {
      files = { ...files, [which]: input.files?.[0] };
      changed();
    });
    const chosen = el("span", { class: "soft" });
    const node = el(
      "label",
      { class: "setting", for: input.id },
      el("b", {}, which[0].toUpperCase() + which.slice(1)),
      input,
      chosen,
    );
    return { node, input, tell: () => (chosen.textContent = files[which]?.name ?? meaning) };
  };
  const roles = {
    encoder: role("encoder", "From image to mean and log-variance."),
    decoder: role("decoder", "From latents to image."),
  };
  const name = el("input", { type: "text", id: "import-name", autocomplete: "off", placeholder: "My VAE" });
  const dataset = el("select", { id: "import-dataset" }, el("option", { value: "" }, "Reading …"));
  const pixels = el(
    "select",
    { id: "import-pixels" },
    PIXELS.map(([value, text]) => el("option", { value }, text)),
  );
  const replace = el("input", { type: "checkbox" });
  const replaceField = el("label", { class: "field", hidden: true }, replace, "Replace the model of this name");
  const status = el("p", { class: "status-text", role: "status" });
  const found = el("div", { class: "found" });
  const look = el("button", { class: "btn primary", type: "submit" }, "See what is in them");
  const yes = el("button", { class: "btn primary", type: "button", hidden: true }, "Import it");
  const field = (/** @type {HTMLElement} */ box, /** @type {string} */ text, /** @type {string} */ hint) =>
    el("label", { class: "setting", for: box.id }, el("b", {}, text), box, el("span", { class: "soft" }, hint));
  const form = el(
    "form",
    { class: "inside form import", noValidate: true },
    el("h2", {}, "Import a model"),
    el(
      "p",
      {},
      "Drop two ONNX files here, or choose them. They are inspected first; nothing is kept until you say yes.",
    ),
    el("div", { class: "pair" }, roles.encoder.node, roles.decoder.node),
    field(name, "Name", "As it stands in the list of models."),
    field(dataset, "Data set", "The images that it was trained on: gives figures and scores."),
    field(pixels, "Pixels", "What the decoder gives."),
    el(
      "div",
      { class: "choices end" },
      el("button", { class: "btn", type: "button", on: { click: () => dialog.close() } }, "Cancel"),
      look,
    ),
    status,
    found,
    el("div", { class: "choices end" }, replaceField, yes),
  );
  const setStatus = (/** @type {string} */ text, bad = false) => {
    status.textContent = text;
    status.classList.toggle("bad", bad);
  };
  function changed() {
    for (const { tell } of Object.values(roles)) tell();
    found.replaceChildren();
    yes.hidden = replaceField.hidden = true;
    setStatus("");
  }
  /** @param {boolean} isDry */
  async function send(isDry) {
    const refusal = refusalOf(files, name.value);
    if (refusal || !files.encoder || !files.decoder) return setStatus(refusal, true);
    const body = new FormData();
    body.append("name", name.value.trim());
    const [chosen, upload] = dataset.value.split("/");
    if (chosen) body.append("dataset", chosen);
    if (upload) body.append("data_set", `path=${upload}`);
    body.append("pixels", pixels.value);
    if (replace.checked) body.append("replace", "true");
    body.append("encoder", files.encoder);
    body.append("decoder", files.decoder);
    look.disabled = yes.disabled = true;
    try {
      const answer = await sendForm(`${PATH}${isDry ? "?dry_run=true" : ""}`, body, (share) =>
        setStatus(share < 1 ? `Sending: ${Math.floor(100 * share)} %` : isDry ? "Inspecting …" : "Importing …"),
      );
      if (!isDry) return open(answer.links.page);
      setStatus("");
      found.replaceChildren(...whatWasFound(answer, Boolean(chosen)));
      yes.hidden = false;
      replaceField.hidden = !answer.exists;
      yes.focus();
    } catch (error) {
      changed();
      setStatus(messageOf(error), true);
    } finally {
      look.disabled = yes.disabled = false;
    }
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(true);
  });
  yes.addEventListener("click", () => send(false));
  for (const box of [name, dataset, pixels]) box.addEventListener("change", changed);
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    files = rolesOf([...(event.dataTransfer?.files ?? [])], files);
    changed();
  });
  const dialog = openDialog({ label: "Import a model" }, form);
  changed();
  datasetChoices().then(
    (choices) => dataset.replaceChildren(...choices.map(([value, text]) => el("option", { value }, text))),
    (error) => setStatus(messageOf(error), true),
  );
}

/**
 * @param {import("../types").ImportedModel} answer
 * @param {boolean} hasDataset
 */
function whatWasFound({ notes, latents, image_shape: shape, preview, exists, id }, hasDataset) {
  const [height, width, channels] = shape ?? [];
  const title = hasDataset ? "Images of the data set, and their reconstructions" : "Images decoded from random latents";
  return [
    el("h3", {}, "Found"),
    el("p", {}, `${latents} latents; images of ${height} x ${width}, ${channels === 1 ? "grey" : "colour"}.`),
    el(
      "ul",
      {},
      notes.map((note) => el("li", {}, note)),
    ),
    preview && el("img", { src: `data:image/png;base64,${preview}`, alt: title, class: "preview" }),
    el("p", { class: "soft" }, `${title}. If they look wrong, change Pixels or the data set.`),
    exists ? el("p", { class: "notice" }, `There is a model ${id} already.`) : null,
  ].filter((part) => part !== null && part !== undefined && part !== "");
}
