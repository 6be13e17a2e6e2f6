/** Factor tool: move a factor along its least-squares direction; bars show its shares of the latents. */

import { el, select } from "../../core/dom.js";
import { fitDirections } from "../../math/direction.js";
import { fromIndex, valueText } from "../../math/factors.js";
import { labelOf, unitless } from "../../core/format.js";
import { spaced } from "../../math/latents.js";
import { missing, createPanel } from "../../ui/panel.js";
import { toastError } from "../../ui/toast.js";
import { createFrames } from "./frames.js";

/** @typedef {import("../session.js").Session} Session */

/** @param {Session} session @param {AbortSignal} signal */
export function createDirection(session, signal) {
  const { store, model, dataset, sample } = session;
  if (!sample?.factor_names.length || !dataset) {
    const why = missing(
      "Directions need codes of labelled images",
      "This model has none: name its data set when importing, or export it again.",
    );
    const panel = createPanel({ title: "Factor direction", name: model.id }, why);
    return { node: panel.node, show: () => {} };
  }
  const { factors, complete } = dataset;
  const { move, spread } = fitDirections(sample);
  const std = model.statistics.map((s) => s.std);
  const names = sample.factor_names.map((name, k) => [String(k), labelOf(name)]);
  const which = select("Factor to move", names, () => draw());
  const slider = el("input", { type: "range", min: "0", step: "any", "aria-label": "Value of the factor" });
  const value = el("output", { class: "mono" });
  const bars = el("div", { class: "spread" });
  const summary = el("p", { class: "note" });
  const k = () => Number(which.value);
  const size = () => sample.factor_sizes[k()];
  const start = () => {
    const { input } = store.get();
    const known = input.kind === "index" && complete ? fromIndex(input.index ?? 0, sample.factor_sizes) : null;
    return known ? known[k()] : (size() - 1) / 2;
  };
  const at = (/** @type {number} */ to) => {
    const change = move(k(), start(), to);
    return store.get().encoded.map((v, d) => v + change[d]);
  };
  const frames = createFrames(session, "Frames along the factor", (frame) => go(places()[frame], true));
  const places = () => spaced(0, size() - 1, Math.min(size(), 9));

  /** @param {number} to @param {boolean} commit */
  function go(to, commit) {
    slider.value = String(to);
    value.textContent = valueText(factors[k()], Math.round(to));
    session.setVector(at(to), commit);
  }
  const draw = () => {
    if (store.get().tool !== "direction") return;
    slider.max = String(size() - 1);
    slider.step = sample.factor_kinds[k()] === "categorical" ? "1" : "any";
    slider.value = String(start());
    value.textContent = valueText(factors[k()], Math.round(start()));
    frames.draw(places().map(at)).catch(toastError);
    const { shares, entanglement } = spread(k(), std);
    const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).filter((d) => shares[d] > 0.005);
    bars.replaceChildren(
      ...order.map((d) =>
        el(
          "button",
          { class: "share", type: "button", on: { click: () => session.focusLatent(d, k()) }, title: `Focus z${d}` },
          el("b", { class: "mono" }, `z${d}`),
          el("span", { class: "meter" }, el("i", { style: `width:${100 * shares[d]}%` })),
          el("span", { class: "mono" }, unitless(shares[d])),
        ),
      ),
    );
    summary.replaceChildren(
      el("b", {}, `Entanglement ${unitless(entanglement)}`),
      `: the share of this direction that the strongest latent does not carry, in units of each latent’s variance. 0 is one latent for this factor. Least squares of the codes of ${sample.codes.length.toLocaleString("en-US")} images on all factors at once.`,
    );
  };
  slider.addEventListener("input", () => go(Number(slider.value), false));
  slider.addEventListener("change", () => session.commit());
  store.on(["encoded"], draw, signal);
  const panel = createPanel(
    {
      title: "Factor direction",
      term: "direction",
      name: `${model.id}-direction`,
      controls: [which],
      exports: () => frames.exports(`${model.id}-direction`),
    },
    frames.node,
    el("label", { class: "slide" }, slider, value),
    bars,
    summary,
  );
  return { node: panel.node, show: draw };
}
