/** The design tokens as colours of figures. */

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
