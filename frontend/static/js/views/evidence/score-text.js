/** How a metric and its value are written. */

import { fixed, unitless } from "../../math/format.js";

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

/** Three digits for a score in [0, 1], one for nats. @param {MetricRow} row @param {number} value */
export const plain = (row, value) => (Math.abs(row.value ?? 0) > 2 ? fixed(value, 1) : unitless(value, 3));
