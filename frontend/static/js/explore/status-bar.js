/** Status bar of Explore: where pictures are decoded, how long it takes, how many come from the cache. */

import { createLife, el, select } from "../core/dom.js";
import { fixed } from "../core/format.js";

/**
 * @param {HTMLElement} root
 * @param {import("../inference/decoder.js").Decoder} decoder
 * @param {() => void} onChoice called when another backend was chosen
 * @returns {() => void} destroy
 */
export function mountStatus(root, decoder, onChoice) {
  const { signal, destroy } = createLife(root);
  const dot = el("span", { class: "dot" });
  const where = el("span");
  const times = el("span", { class: "mono times" });
  const cache = el("span", { class: "cache" });
  const places = { auto: "automatic", browser: "browser", server: "server" };
  const choice = select("Where to decode", Object.entries(places), (value) => {
    decoder.choose(/** @type {keyof typeof places} */ (value));
    onChoice();
  });
  choice.className = "plain";
  choice.value = decoder.choice;
  root.className = "decoder-status";
  root.append(el("span", {}, dot, where), choice, times, cache);
  /** @param {import("../inference/decoder.js").DecoderStatus} status */
  const draw = (status) => {
    const browser = status.backend === "browser";
    const unreachable = status.problem && !browser;
    dot.classList.toggle("off", !browser && decoder.choice !== "server");
    dot.classList.toggle("bad", Boolean(unreachable));
    if (unreachable)
      where.textContent = decoder.browser
        ? "no answer from the server: decoding in the browser"
        : "no answer from the server: no pictures";
    else if (browser) where.textContent = `decoding in the browser${status.reason ? " by ONNX Runtime Web" : ""}`;
    else where.textContent = `decoding on the server${status.loading ? " (browser decoder loading)" : ""}`;
    where.title = status.problem || status.reason;
    root.dataset.backend = status.backend;
    times.textContent = Number.isFinite(status.ms) ? `${fixed(status.ms, 1)} ms · p95 ${fixed(status.p95, 1)}` : "";
    cache.textContent = status.calls ? `cache ${status.hits} / ${status.calls}` : "";
  };
  decoder.on(draw, signal);
  draw(decoder.status());
  return destroy;
}
