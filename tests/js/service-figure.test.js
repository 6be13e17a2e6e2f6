import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServer, setPage } from "./page.js";

setPage();
globalThis.getComputedStyle = () => ({ getPropertyValue: (name) => ` dark${name} ` });
const { inOrder, outlined, readFigure, themed } = await import("../../frontend/static/js/ui/service-figure.js");

const figure = {
  data: [
    {
      type: "heatmap",
      z: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      customdata: [0, 1, 2].map((latent) => [0, 1].map((k) => [latent, k, "name"])),
      colorscale: [
        [0, "rgba(178, 24, 43, 0.05)"],
        [1, "#15181e"],
      ],
    },
    {
      type: "scatter",
      mode: "text",
      x: [0, 1, 0, 1, 0, 1],
      y: [0, 0, 1, 1, 2, 2],
      text: ["1", "2", "3", "4", "5", "6"],
      customdata: [0, 0, 1, 1, 2, 2].map((latent, n) => [latent, n % 2]),
      textfont: { size: 11, color: ["#15181e", "b", "c", "d", "e", "f"] },
    },
    { type: "bar", orientation: "h", x: [0.1, 0.2, 0.3], y: [0, 1, 2] },
    { type: "bar", orientation: "v", x: [0, 1], y: [0.5, 0.6] },
  ],
  layout: {
    title: { text: "a title" },
    font: {},
    height: 128,
    margin: { l: 1, r: 2, t: 38, b: 4 },
    yaxis: { ticktext: ["z0", "z1 dead", "z2 (0.50)"] },
    meta: { latents: [0, 1, 2], factors: ["a", "b"], colours: { "#15181e": "--text", "178, 24, 43": "--hot" } },
  },
};

test("each colour of the service becomes its design token, and the panel has the title", () => {
  const { data, layout } = themed(figure);
  assert.deepEqual(data[0].colorscale, [
    [0, "rgba(dark--hot, 0.05)"],
    [1, "dark--text"],
  ]);
  assert.equal(data[1].textfont.color[0], "dark--text");
  assert.equal(layout.title, undefined);
  assert.deepEqual([layout.meta.title, layout.height, layout.margin.t], ["a title", 100, 10]);
  assert.equal(figure.data[0].colorscale[1][1], "#15181e", "the figure that is kept does not change");
});

test("rows follow the order of the sliders in cells, texts, bars and labels", () => {
  const { data, layout } = inOrder(figure, [2, 0, 1], { 0: "azimuth" });
  assert.deepEqual(data[0].z, [
    [5, 6],
    [1, 2],
    [3, 4],
  ]);
  assert.equal(data[0].customdata[0][1][0], 2);
  assert.deepEqual(data[1].text, ["5", "6", "1", "2", "3", "4"]);
  assert.deepEqual(data[1].y, [0, 0, 1, 1, 2, 2]);
  assert.deepEqual(data[1].textfont.color, ["e", "f", "#15181e", "b", "c", "d"]);
  assert.deepEqual(data[2].x, [0.3, 0.1, 0.2]);
  assert.deepEqual(data[3], figure.data[3]);
  assert.deepEqual(layout.yaxis.ticktext, ["<b>z2</b> (0.50)", "<b>z0</b> azimuth", "<b>z1</b> dead"]);
  assert.deepEqual(layout.meta.latents, [2, 0, 1]);
});

test("the focused latent is outlined where its row is, with the cell of the factor", () => {
  const { shapes } = outlined(inOrder(figure, [2, 0, 1]), 0, 1).layout;
  assert.deepEqual(
    shapes.map(({ x0, x1, y0, y1 }) => [x0, x1, y0, y1]),
    [
      [-0.5, 1.5, 0.5, 1.5],
      [0.5, 1.5, 0.5, 1.5],
    ],
  );
  assert.deepEqual(outlined(figure, undefined).layout.shapes, []);
});

test("a figure is requested once, and again after a failure", async () => {
  const server = fakeServer();
  const first = readFigure("/api/v1/models/m", "pcc", { signed: true });
  const second = readFigure("/api/v1/models/m", "pcc", { signed: true });
  assert.equal(server.calls.length, 1);
  assert.equal(server.calls[0].path, "/api/v1/models/m/figures/pcc?signed=true");
  await server.last("/api").reply({ detail: "later" }, { status: 503 });
  await assert.rejects(first);
  await assert.rejects(second);
  const third = readFigure("/api/v1/models/m", "pcc", { signed: true });
  await server.last("/api").reply({ data: [] });
  assert.deepEqual(await third, { data: [] });
  await readFigure("/api/v1/models/m", "pcc", { signed: true });
  assert.equal(server.calls.length, 2);
});
