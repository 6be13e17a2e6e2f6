/** Script of the Explore page: connects session, columns, address and keys. */

import { Decoder } from "../inference/decoder.js";
import { RUNTIME } from "../inference/model-files.js";
import { boot, createLife, need } from "../core/dom.js";
import { keep } from "../core/store.js";
import { beforeShare } from "../core/url.js";
import { keepAddress, readAddress, writeAddress } from "../explore/address.js";
import { Session } from "../explore/session.js";
import { mountEvidence } from "../explore/evidence/column.js";
import { mountLatents } from "../explore/latents/column.js";
import { addExploreCommands, onPageKey, openCard } from "../explore/canvas/commands.js";
import { mountInput } from "../explore/canvas/input.js";
import { mountPictures } from "../explore/canvas/pictures.js";
import { mountTools } from "../explore/canvas/tools.js";
import { openPalette } from "../ui/command-palette.js";
import { checkService, queue } from "../ui/queue-status.js";
import { createTabs } from "../ui/tabs.js";
import { mountStatus } from "../explore/status-bar.js";
import { toast, toastError } from "../ui/toast.js";

/** @typedef {ReturnType<typeof readAddress>["query"]} Query */

/**
 * Show a model in the columns of the page.
 * @param {Record<string, any>} data as the server puts it into the page: `model`, `dataset`, `vendor`
 * @returns {{ ready: Promise<void>, destroy: () => void }} `ready`: the first view is shown
 */
export function mountExplore({ model, dataset, vendor }) {
  const { query, state } = readAddress(location.search || model.view);
  const decoder = new Decoder(model, { runtime: vendor?.ort ? RUNTIME : null, choice: query.decode });
  const session = new Session(model, dataset, decoder, {
    ...state,
    ...(query.strips.length && { strips: query.strips.map(Number).filter(Number.isInteger) }),
    ...(query.focus !== null && { focus: query.focus }),
  });
  session.onDecodeError = toastError;
  keep("axiscope.model", model.id);

  const { signal, destroy } = createLife(need("#column-tabs"));
  const complete = () => writeAddress(session);
  const tools = mountTools(need("#tools"), need("#tool"), session);
  const ends = [
    destroy,
    tools.destroy,
    mountStatus(need("#status-decoder"), decoder, complete),
    mountPictures(need("#pictures"), session),
    mountLatents(need("#latents"), session),
    mountInput(need("#input"), session),
    () => session.destroy(),
  ];
  mountColumns(need(".explore"), signal);
  addExploreCommands(session, signal);
  need("#model-switch").addEventListener("click", () => openPalette(), { signal });
  need("#card").addEventListener("click", () => openCard(model), { signal });
  document.addEventListener("keydown", (event) => onPageKey(event, session), { signal });
  addEventListener("pagehide", () => decoder.stop(), { signal });
  addEventListener("pageshow", ({ persisted }) => persisted && decoder.start(), { signal });
  queue.on(["answers"], ({ answers }) => answers && session.showPoint(session.store.get().z), signal);
  decoder.on(({ problem }) => problem && queue.get().answers && checkService(), signal);
  beforeShare.add(complete);
  signal.addEventListener("abort", () => beforeShare.delete(complete));
  decoder.start();

  async function start() {
    if (query.version && query.version !== model.version) {
      toast(
        `This link was made with version ${query.version.slice(0, 6)}; the model is now ${model.version.slice(0, 6)}: pictures may differ`,
        "bad",
      );
    }
    await session.loadSample();
    if (signal.aborted) return;
    // pictures first: the evidence loads Plotly
    await loadInput(session, query)?.catch((error) => {
      toastError(error);
      session.setVector(query.z ?? session.mean); // without its data set, a model can still decode
    });
    if (signal.aborted) return;
    ends.push(mountEvidence(need("#evidence"), session));
    tools.show();
    if (query.focus !== null) document.querySelector(".latent.focused")?.scrollIntoView({ block: "nearest" });
  }
  const ready = start()
    .catch(toastError)
    .then(() => {
      if (signal.aborted) return;
      const address = keepAddress(session, signal);
      const back = () => address.goBack(() => goBack(session)).catch(toastError);
      addEventListener("popstate", back, { signal });
    });
  return { ready, destroy: () => ends.forEach((end) => end()) };
}

/**
 * Show columns by tabs: one of three on a phone; on a tablet the latents, and tools or evidence beside them.
 * @param {HTMLElement} root `.explore`
 * @param {AbortSignal} signal
 */
function mountColumns(root, signal) {
  const tabs = createTabs(
    need("#column-tabs", root),
    [
      { name: "latents", label: "Latents", controls: "latents" },
      { name: "canvas", label: "Tools and input", controls: "stage" },
      { name: "evidence", label: "Evidence", controls: "evidence" },
    ],
    choose,
  );
  /** @param {string} name */
  function choose(name) {
    root.dataset.column = name;
    tabs.mark(name);
    window.dispatchEvent(new Event("resize"));
  }
  const phone = matchMedia("(max-width: 720px)");
  function fit() {
    tabs.mark("latents").hidden = !phone.matches;
    choose(phone.matches ? "latents" : "canvas");
  }
  phone.addEventListener("change", fit, { signal });
  fit();
}

/** Return the image of a link that names none. @param {Session} session */
const firstImage = ({ model, dataset, sample }) => (model.statistics_rows && dataset ? (sample?.indices[0] ?? 0) : 0);

/** @param {Session} session @param {Query} query */
function loadInput(session, { z: given, prior, image }) {
  const z = given?.length === session.model.latents ? given : null;
  if (prior !== null) return session.loadPrior(prior, z);
  if (session.dataset) return session.loadIndex(image ?? firstImage(session), z);
  session.setVector(z ?? session.mean);
  return session.loadPrior(1, z);
}

/** Show the state of the address after Back or Forward; the input is loaded if it changed. @param {Session} session */
function goBack(session) {
  const { query, state } = readAddress(location.search || session.model.view);
  session.store.set({ ...state, focus: query.focus ?? session.defaultFocus });
  const { input, encoded } = session.store.get();
  const same = query.prior === null && input.kind === "index" && input.index === (query.image ?? firstImage(session));
  if (!same) return loadInput(session, query);
  session.load.cancel(); // of an input that is being loaded
  return session.setVector(query.z ?? encoded);
}

/** The model that the server put into the page. */
export const shown = mountExplore(boot());
shown.ready.then(() => {
  document.body.dataset.ready = "1";
});
