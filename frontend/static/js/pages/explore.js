/** Script of the Explore page: connects session, columns, address and keys. */

import { Decoder } from "../inference/decoder.js";
import { RUNTIME } from "../inference/model-files.js";
import { boot, need } from "../core/dom.js";
import { keep } from "../core/store.js";
import { beforeShare } from "../core/url.js";
import { keepAddress, readAddress, writeAddress } from "../explore/address.js";
import { Session } from "../explore/session.js";
import { mountEvidence } from "../explore/evidence/column.js";
import { mountLatents } from "../explore/latents/column.js";
import { addExploreCommands, onPageKey } from "../explore/canvas/commands.js";
import { acceptDrops, mountInput } from "../explore/canvas/input.js";
import { mountPictures } from "../explore/canvas/pictures.js";
import { mountTools } from "../explore/canvas/tools.js";
import { openPalette } from "../ui/command-palette.js";
import { checkService, queue } from "../ui/queue-status.js";
import { createTabs } from "../ui/tabs.js";
import { mountStatus } from "../explore/status-bar.js";
import { toast, toastError } from "../ui/toast.js";

const { model, dataset, vendor } = boot();
const { query, state } = readAddress(location.search);
const decoder = new Decoder(model, { runtime: vendor?.ort ? RUNTIME : null, choice: query.decode });
const session = new Session(model, dataset, decoder, {
  ...state,
  ...(query.strips.length && { strips: query.strips.map(Number).filter(Number.isInteger) }),
  ...(query.focus !== null && { focus: query.focus }),
});
session.onDecodeError = toastError;
keep("axiscope.model", model.id);

mountStatus(need("#status-decoder"), decoder, () => writeAddress(session));
mountPictures(need("#pictures"), session);
mountLatents(need("#latents"), session);
const tools = mountTools(need("#tools"), need("#tool"), session);
mountInput(need("#input"), session);
mountColumns(need(".explore"));
acceptDrops(session);
addExploreCommands(session);
need("#model-switch").addEventListener("click", () => openPalette());
decoder.start();
addEventListener("pagehide", () => decoder.stop());
addEventListener("pageshow", ({ persisted }) => persisted && decoder.start());

/** On narrow screens, show one of the three columns by tabs. @param {HTMLElement} root `.explore` */
function mountColumns(root) {
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
  choose("latents");
}

/** Return the image of a link that names none. */
const firstImage = () => (model.statistics_rows && dataset ? (session.sample?.indices[0] ?? 0) : 0);

/** @param {typeof query} q */
function loadInput(q) {
  const z = q.z?.length === model.latents ? q.z : null;
  if (q.prior !== null) return session.loadPrior(q.prior, z);
  if (dataset) return session.loadIndex(q.image ?? firstImage(), z);
  session.setVector(z ?? session.mean);
  return session.loadPrior(1, z);
}

/** Show the state of the address after Back or Forward; the input is loaded if it changed. */
function goBack() {
  const { query: q, state: of } = readAddress(location.search);
  session.store.set({ ...of, focus: q.focus ?? session.defaultFocus });
  const { input, encoded } = session.store.get();
  const same = q.prior === null && input.kind === "index" && input.index === (q.image ?? firstImage());
  if (!same) return loadInput(q);
  session.load.cancel(); // of an input that is being loaded
  return session.setVector(q.z ?? encoded);
}

async function start() {
  if (query.version && query.version !== model.version) {
    toast(
      `This link was made with version ${query.version.slice(0, 6)}; the model is now ${model.version.slice(0, 6)}: pictures may differ`,
      "bad",
    );
  }
  await session.loadSample();
  // pictures first: the evidence loads Plotly
  await loadInput(query)?.catch((error) => {
    toastError(error);
    session.setVector(query.z ?? session.mean); // without its data set, a model can still decode
  });
  mountEvidence(need("#evidence"), session);
  tools.show();
}

start()
  .catch(toastError)
  .finally(() => {
    const address = keepAddress(session);
    addEventListener("popstate", () => address.goBack(goBack).catch(toastError));
    document.body.dataset.ready = "1";
  });

document.addEventListener("keydown", (event) => onPageKey(event, session));
queue.on(["answers"], ({ answers }) => answers && session.showPoint(session.store.get().z));
decoder.listeners.add(({ problem }) => problem && queue.get().answers && checkService());
beforeShare.add(() => writeAddress(session));
