/** The status bar of Explore: where decoding happens, how long it takes, how often the cache answers. */

import { el } from "../core/dom.js";
import { fixed } from "../core/format.js";

/**
 * @param {HTMLElement} root
 * @param {import("../inference/decoder.js").Decoder} decoder
 * @param {() => void} onChoice called after the person forces a backend
 */
export function mountStatus(root, decoder, onChoice) {
  const dot = el("span", { class: "dot" });
  const where = el("span");
  const times = el("span", { class: "mono times" });
  const cache = el("span", { class: "cache" });
  const choice = el(
    "select",
    { class: "plain", "aria-label": "Where to decode" },
    el("option", { value: "auto" }, "automatic"),
    el("option", { value: "browser" }, "browser"),
    el("option", { value: "server" }, "server"),
  );
  choice.value = decoder.choice;
  choice.addEventListener("change", () => {
    decoder.choose(/** @type {any} */ (choice.value));
    onChoice();
  });
  root.className = "decoder-status";
  root.append(el("span", {}, dot, where), choice, times, cache);
  /** @param {import("../inference/decoder.js").DecoderStatus} status */
  const draw = (status) => {
    const browser = status.backend === "browser";
    const silent = status.silent && !browser;
    dot.classList.toggle("off", !browser && decoder.choice !== "server");
    dot.classList.toggle("bad", Boolean(silent));
    if (silent)
      where.textContent = decoder.browser ? "server silent: the browser decodes" : "server silent: no pictures";
    else if (browser) where.textContent = "decoding in the browser";
    else where.textContent = `decoding on the server${status.loading ? " (browser decoder loading)" : ""}`;
    where.title = status.silent || status.reason;
    root.dataset.backend = status.backend;
    times.textContent = Number.isFinite(status.ms) ? `${fixed(status.ms, 1)} ms · p95 ${fixed(status.p95, 1)}` : "";
    cache.textContent = status.calls ? `cache ${status.hits} / ${status.calls}` : "";
  };
  decoder.listeners.add(draw);
  draw(decoder.status());
}
