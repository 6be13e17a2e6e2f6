/** How a metric and its value are written. */

import { fixed, short, unitless } from "../../math/format.js";

/** @typedef {import("../../types").MetricRow} MetricRow */

/** Names as the papers write them; a metric that is not here shows its own name. */
export const TITLES = {
  beta_vae: "BetaVAE score",
  factor_vae: "FactorVAE score",
  factor_vae_pruned: "FactorVAE, pruned",
  mig: "MIG",
  mig_sup: "MIG-sup",
  sap: "SAP",
  dci: "DCI disentanglement",
  modularity: "Modularity",
  explicitness: "Explicitness (AUC)",
  irs: "IRS",
  cbd: "CbD",
  udr: "UDR",
  tc: "Total correlation",
  unsupervised: "Unsupervised",
  fid: "FID",
  fd_pixel: "Fréchet, pixels",
  fd_factor: "Fréchet, factors",
  reconstruction: "Reconstruction",
};

/** @param {string} name */
export const titleOf = (name) => /** @type {Record<string, string>} */ (TITLES)[name] ?? name;

/** @param {MetricRow} row */
export const scoreText = (row) => (row.value === null ? "–" : plain(row, row.value));

/**
 * A value, an end of the interval or the chance level: three digits after the point for a score in [0, 1], three
 * significant ones in nats, where a narrow interval or a low chance level must not become 0.0.
 * @param {MetricRow} row
 * @param {number} value
 */
export function plain(row, value) {
  if (Math.abs(row.value ?? 0) <= 2) return unitless(value, 3);
  return Math.abs(value) >= 1000 ? fixed(value, 0) : short(value);
}
