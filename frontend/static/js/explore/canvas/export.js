/** Exports of the page: pictures, the latent point, the traversal of the focused latent. */

import { el } from "../../core/dom.js";
import { rangeOf, spaced, withValue } from "../../math/latents.js";
import { writeNpy } from "../../formats/npy.js";
import { inputCaption } from "../session.js";
import { download, downloadCanvas, toCsv } from "../../ui/download.js";
import { drawFrames } from "../../ui/canvas.js";
import { toastError } from "../../ui/toast.js";
import { saveGif } from "../tools/frames.js";

const GIF_FRAMES = 24;

/**
 * Return the items of the export menu.
 * @param {import("../session.js").Session} session
 * @returns {import("../../ui/menu.js").MenuItem[]}
 */
export function exportItems(session) {
  const { store, model, decoder } = session;
  const [height, width] = model.image_shape;
  const { focus } = store.get();
  const name = `${model.id}-z`;
  /** @param {(import("../../ui/canvas.js").Rgba | null)[]} pictures @param {string} file */
  const savePng = (pictures, file) => {
    const canvas = el("canvas");
    drawFrames(canvas, /** @type {import("../../ui/canvas.js").Rgba[]} */ (pictures.filter(Boolean)), width, height);
    downloadCanvas(canvas, file);
  };
  return [
    { label: "Decoded picture", hint: "PNG", run: () => savePng([store.get().decoded], `${model.id}-decoded.png`) },
    {
      label: "Input, reconstruction, decoded",
      hint: "PNG",
      run: () => {
        const { inputPixels, reconstruction, decoded } = store.get();
        savePng([inputPixels, reconstruction, decoded], `${model.id}-pictures.png`);
      },
    },
    {
      label: `Traversal of z${focus}`,
      hint: "GIF",
      run: () => {
        const { range, encoded } = store.get();
        const values = spaced(...rangeOf(range, model.statistics[focus], encoded[focus]), GIF_FRAMES);
        decoder
          .many(values.map((value) => withValue(session.basePoint(), focus, value)))
          .then((frames) => saveGif(frames, width, height, `${model.id}-z${focus}`))
          .catch(toastError);
      },
    },
    "line",
    { label: "Latent point", hint: "CSV", run: () => download(`${name}.csv`, pointCsv(session), "text/csv") },
    {
      label: "Latent point",
      hint: "npy",
      run: () =>
        download(
          `${name}.npy`,
          writeNpy(Float32Array.from(store.get().z), [1, model.latents]),
          "application/octet-stream",
        ),
    },
    {
      label: "This view",
      hint: "JSON",
      run: () => download(`${model.id}-view.json`, JSON.stringify(viewOf(session), null, 1), "application/json"),
    },
  ];
}

/** @param {import("../session.js").Session} session */
function pointCsv({ store, model }) {
  const { z, encoded, names } = store.get();
  return toCsv([
    ["latent", "name", "value", "encoded", "mean", "std", "kl_nats", "state", "best_factor"],
    ...model.statistics.map((s, i) => [
      `z${i}`,
      names[i] ?? "",
      z[i],
      encoded[i],
      s.mean,
      s.std,
      s.kl_nats,
      s.state,
      s.best_factor,
    ]),
  ]);
}

/** @param {import("../session.js").Session} session */
function viewOf({ store, model }) {
  const { z, encoded, input, range, base } = store.get();
  return {
    model: model.id,
    version: model.version,
    input,
    caption: inputCaption(input),
    z,
    encoded,
    range,
    base,
    link: location.href,
  };
}
