/**
 * Script of the page in a cell of a notebook: sliders and pictures of one model. It exchanges the current latents with
 * the page around it by messages: `{axiscope: "latents", latents}` both ways, `{axiscope: "ready", latents}` outwards.
 */

import { boot, need } from "../core/dom.js";
import { mountInput } from "../explore/canvas/input.js";
import { mountPictures } from "../explore/canvas/pictures.js";
import { mountLatents } from "../explore/latents/column.js";
import { Session } from "../explore/session.js";
import { mountStatus } from "../explore/status-bar.js";
import { Decoder } from "../inference/decoder.js";
import { RUNTIME } from "../inference/model-files.js";
import { followTerms } from "../ui/glossary.js";
import { toastError } from "../ui/toast.js";

const { model, dataset } = boot();
const decoder = new Decoder(model, { runtime: RUNTIME, choice: "browser" });
const session = new Session(model, dataset, decoder, { strips: [] });
session.onDecodeError = toastError;
mountStatus(need("#status-decoder"), decoder, () => {});
mountPictures(need("#pictures"), session);
mountLatents(need("#latents"), session);
mountInput(need("#input"), session);
decoder.start();
followTerms();

/** @param {"ready" | "latents"} kind */
const send = (kind) => parent.postMessage({ axiscope: kind, latents: session.store.get().z }, "*");

addEventListener("message", ({ source, data }) => {
  if (source !== parent || data?.axiscope !== "latents") return;
  if (data.latents.length === model.latents) session.setVector(data.latents);
});

async function start() {
  await session.loadSample();
  const first = session.sample?.indices[0];
  await (dataset && first !== undefined ? session.loadIndex(first) : session.loadPrior(1));
}

start()
  .catch(toastError)
  .then(() => {
    session.store.on(["z"], () => send("latents"));
    send("ready");
    document.body.dataset.ready = "1";
  });
