/**
 * Cells of small heat maps: colour by share, and a class that gives text of enough contrast on it (WCAG 4.5:1).
 * The limits are where the luminance of the blend of `--hot` on `--surface` crosses .18 in either theme: below it
 * white is readable, above it black (css/page.css).
 */

const LEAST = 0.05;
const SPAN = 0.9;

/**
 * @param {number} share in [0, 1]
 * @returns {{className: string, style: string}}
 */
export function heatCell(share) {
  const alpha = LEAST + SPAN * Math.max(0, Math.min(1, share));
  const className = alpha > 0.76 ? "heat-top" : alpha > 0.71 ? "heat-high" : alpha > 0.25 ? "heat-mid" : "";
  return { className, style: `background: rgba(var(--hot), ${alpha.toFixed(3)})` };
}
