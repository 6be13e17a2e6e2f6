/** Legends below the plot, at the foot of the figure, where Plotly keeps plot, ticks and titles of axes clear of them. */

export const LEGEND_BELOW = { orientation: "h", yref: "container", y: 0, yanchor: "bottom" };

const LINE = 19; // px, an entry at the font size of the figures
const MOST = 10; // entries that the height follows; with more, Plotly scrolls the legend

/**
 * Height of a figure whose legend grows: on a narrow panel each entry takes a line, and two have their place anyway.
 * @param {number} height px, with two entries
 * @param {number} entries of the legend
 */
export const heightWithLegend = (height, entries) => height + LINE * Math.max(0, Math.min(entries, MOST) - 2);
