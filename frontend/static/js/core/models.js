/** Texts that describe a model in lists of models. */

import { labelOf, short } from "./format.js";

/** Largest number of models that are compared at once. */
export const MAX_COMPARED = 6;

/** Settings of the training loop, which do not characterise the model. */
const TRAINING = new Set(["steps", "batch_size", "learning_rate", "seed", "latents", "images"]);

/**
 * Describe a model by data set, objective and seed.
 * @param {import("../types").ModelSummary} model
 * @returns {string} data set · objective with its settings · seed
 */
export function recipe(model) {
  const settings = Object.entries(model.objective_settings ?? model.hyperparameters ?? {})
    .filter(([key]) => !TRAINING.has(key))
    .filter(([, value]) => typeof value === "number" || typeof value === "string")
    .slice(0, 2)
    .map(([key, value]) => `${labelOf(key)} ${typeof value === "number" ? short(value) : value}`);
  const seed = model.training?.seed ?? model.hyperparameters?.seed;
  return [
    model.dataset_title || model.dataset || "data set unknown",
    [model.objective ?? "imported", ...settings].join(", "),
    seed === undefined ? null : `seed ${seed}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
