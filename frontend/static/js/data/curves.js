/** The panel with the posterior means of the latents that move most, against the value of the factor. */

import { movementFigure } from "../figures/movement.js";
import { valueText } from "../math/factors.js";
import { spoken } from "../core/format.js";
import { figurePanel } from "../ui/figure-panel.js";
import { strongest } from "./movement.js";

const LINES = 3;

/**
 * @param {import("../types").Dataset} dataset
 * @param {{model: import("../types").Model, found: import("./movement.js").Sweep}} shown
 * @param {number} factor
 * @param {number} here class of the factor shown in the browser
 */
export function movementCurves(dataset, { model, found }, factor, here) {
  const of = dataset.factors[factor];
  const codes = found.codes[factor];
  const latents = strongest(found, factor, LINES);
  return figurePanel({
    title: `Posterior means against ${spoken(of.name)}`,
    name: `${model.id}-${of.name}-means`,
    make: (palette) => movementFigure(of, { codes, latents, here }, palette),
    rows: () => [
      [of.name, ...model.statistics.map((_, latent) => `z${latent}`)],
      ...codes.map((row, at) => [valueText(of, at), ...row]),
    ],
  });
}
