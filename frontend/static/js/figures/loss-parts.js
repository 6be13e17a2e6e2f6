/** Units of the parts of a loss. */

import { labelOf } from "../core/format.js";

export const NATS = "nats per image";

/** @type {Record<string, string>} of what objectives log beside terms in nats */
const UNITS = {
  accuracy: "share of points",
  beta: "weight",
  d_z: "mean probability",
  d_z_perm: "mean probability",
  diagonal: "squared covariance",
  off_diagonal: "squared covariance",
  sigma: "intensity",
  squared_error: "squared intensity",
};

/** @param {string} part */
export const unitOf = (part) => UNITS[part] ?? NATS;

/** @param {string} part */
export const withUnit = (part) => `${labelOf(part)}, ${unitOf(part)}`;
