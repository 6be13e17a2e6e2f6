/** The panel that asks a model which of its latents move with the chosen factor. */

import { el } from "../core/dom.js";
import { spoken } from "../core/format.js";
import { movementTable, sentence, sweep } from "./movement.js";
import { movementCurves } from "./curves.js";

/**
 * @param {import("../types").Dataset} dataset
 * @param {{id: string, name: string}[]} models of this data set
 * @param {import("../core/store.js").Store<any>} store classes, committed, model, factor
 * @param {{load: (id: string) => Promise<import("../types").Model>, fail: (error: unknown) => void}} io
 */
export function movementPanel(dataset, models, store, { load, fail }) {
  const select = el(
    "select",
    { on: { change: () => store.set({ model: select.value }) } },
    el("option", { value: "" }, "choose a model"),
    models.map(({ id, name }) => el("option", { value: id, selected: id === store.get().model }, name)),
  );
  const content = el("div", {});
  const node = el(
    "section",
    { class: "card", "aria-label": "Which latents move" },
    el(
      "div",
      { class: "bar" },
      el("h2", {}, "Which latents move when a factor moves"),
      el("span", { class: "grow" }),
      el("label", { class: "field" }, "Model", select),
    ),
    content,
  );
  /** @type {{model: import("../types").Model, found: import("./movement.js").Sweep} | null} */
  let shown = null;
  /** @type {AbortController | null} */
  let running = null;

  /** @param {string} id */
  async function kept(id) {
    return shown && shown.model.id === id ? shown.model : load(id);
  }

  async function measure() {
    const { model: id, classes } = store.get();
    running?.abort();
    if (!id) {
      content.replaceChildren(missing(dataset, models.length));
      return;
    }
    const mine = new AbortController();
    running = mine;
    content.setAttribute("aria-busy", "true");
    try {
      const model = await kept(id);
      const found = await sweep(model, dataset, classes, mine.signal);
      if (running !== mine) return;
      shown = { model, found };
      draw();
    } catch (error) {
      if (running === mine) {
        content.replaceChildren(el("p", { class: "empty" }, error instanceof Error ? error.message : String(error)));
        fail(error);
      }
    }
    content.setAttribute("aria-busy", "false");
  }

  /** @type {ReturnType<typeof movementCurves> | null} */
  let curves = null;
  function draw() {
    if (!shown) return;
    const { model, found } = shown;
    const { factor, classes } = store.get();
    const table = movementTable(model, dataset, found, { factor, choose: (at) => store.set({ factor: at }) });
    curves?.destroy();
    curves = movementCurves(dataset, shown, factor, classes[factor]);
    const others = dataset.factors.filter((_, at) => at !== factor).map(({ name }) => spoken(name));
    content.replaceChildren(
      el(
        "div",
        { class: "movement" },
        el(
          "div",
          {},
          el("div", { class: "scroll-x" }, table),
          el(
            "p",
            { class: "soft" },
            "Standard deviation of each posterior mean while one factor runs through its values and the others stay, in units of its deviation over the data set. Rows by KL.",
          ),
        ),
        el(
          "div",
          {},
          el("p", { role: "status" }, sentence(dataset, found, factor)),
          curves.node,
          el("p", { class: "soft" }, `Held still: ${others.join(", ")}, as set above.`),
        ),
      ),
    );
    curves.draw();
  }

  store.on(["committed", "model"], measure);
  store.on(["factor"], draw);
  if (dataset.complete) measure();
  else
    content.replaceChildren(
      el("p", { class: "empty" }, "This data set has no image for every combination, so a factor cannot move alone."),
    );
  return node;
}

/**
 * @param {import("../types").Dataset} dataset
 * @param {number} count
 */
function missing(dataset, count) {
  return count
    ? el(
        "p",
        { class: "empty" },
        el("b", {}, "No model chosen"),
        "Choose one above: its encoder reads the images of this combination.",
      )
    : el(
        "p",
        { class: "empty" },
        el("b", {}, "No model of this data set yet"),
        "Train one: ",
        el("code", {}, `axiscope train --dataset ${dataset.name} --objective beta_vae --out runs/first`),
      );
}
