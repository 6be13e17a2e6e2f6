import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { heatCell } from "../../frontend/static/js/ui/colours.js";

/** The tokens and page.css, as numbers. */
const THEMES = {
  light: { hot: [178, 24, 43], surface: [255, 255, 255], text: [76, 86, 103], mid: 0, high: 0, top: 255 },
  dark: { hot: [244, 119, 111], surface: [22, 26, 33], text: [169, 179, 195], mid: 255, high: 0, top: 0 },
};

/** @param {number[]} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((one) => (one / 255 <= 0.03928 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("the number in a heat map cell can be read at every share in both themes", () => {
  for (const [name, { hot, surface, text, ...classes }] of Object.entries(THEMES)) {
    for (let share = 0; share <= 1; share += 0.01) {
      const { className, style } = heatCell(share);
      const alpha = Number(style.match(/([\d.]+)\)$/)?.[1]);
      const back = hot.map((one, k) => one * alpha + surface[k] * (1 - alpha));
      const key = /** @type {"mid" | "high" | "top"} */ (className.replace("heat-", ""));
      const front = className ? [classes[key], classes[key], classes[key]] : text;
      const [low, high] = [luminance(back), luminance(front)].sort((a, b) => a - b);
      const contrast = (high + 0.05) / (low + 0.05);
      assert.ok(contrast >= 4.5, `${name}, share ${share.toFixed(2)}: ${contrast.toFixed(2)}`);
    }
  }
});
