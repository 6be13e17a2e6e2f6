/** The design tokens as colours of figures, and cells of heat maps. */

import { token } from "../core/theme.js";

/** @returns {import("../types").Palette} */
export function palette() {
  const hot = `rgb(${token("--hot")})`;
  const cold = `rgb(${token("--cold")})`;
  const surface = token("--surface");
  return {
    series: [1, 2, 3, 4, 5, 6].map((k) => token(`--series-${k}`)),
    text: token("--text"),
    soft: token("--soft"),
    faint: token("--faint"),
    line: token("--line"),
    surface,
    diverging: [
      [0, cold],
      [0.5, surface],
      [1, hot],
    ],
    sequential: [
      [0, surface],
      [1, hot],
    ],
  };
}

const MIN_ALPHA = 0.05;
const ALPHA_RANGE = 0.9;

/**
 * Colour of a heat map cell by share, and a class whose text has enough contrast on it (WCAG 4.5:1). The limits are where
 * the luminance of the blend of `--hot` on `--surface` crosses .18 in either theme: white is readable below it, black
 * above it (css/overlays.css).
 * @param {number} share in [0, 1]
 * @returns {{className: string, style: string}}
 */
export function heatCell(share) {
  const alpha = MIN_ALPHA + ALPHA_RANGE * Math.max(0, Math.min(1, share));
  const className = alpha > 0.76 ? "heat-top" : alpha > 0.71 ? "heat-high" : alpha > 0.25 ? "heat-mid" : "";
  return { className, style: `background: rgba(var(--hot), ${alpha.toFixed(3)})` };
}
