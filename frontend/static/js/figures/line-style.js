/** Colours and dashes of the lines of a figure. */

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

/**
 * Both change from line to line, so that neighbours differ without colours too; no pair comes back before all are used.
 *
 * @param {number} k number of the line
 * @param {import("../types").Palette} palette
 */
export function styleOf(k, palette) {
  const { series } = palette;
  const place = k % series.length;
  const round = Math.floor(k / series.length);
  return { color: series[place], dash: DASHES[(place + round) % DASHES.length] };
}
