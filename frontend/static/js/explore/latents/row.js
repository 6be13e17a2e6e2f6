/** Row of a latent: name, KL, best factor, slider over the density of the codes, value, reset, lock, play, strip. */

import { el, icon, svg } from "../../core/dom.js";
import { fixed, labelOf, unitless } from "../../core/format.js";
import { density, NO_KL, rangeOf, reasonOf } from "../../math/latents.js";
import { createStrip } from "./strip.js";
import { onRowKey, togglePlay } from "./keys.js";
import { renameLatent } from "./rename.js";
import { term } from "../../ui/glossary.js";

/** @typedef {import("../session.js").Session} Session */

const ICONS = {
  reset: "M5 9a8 8 0 1 1-1 5M5 4v5h5",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5z",
  play: "M7 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  film: "M4 6h16v12H4zM9 6v12M15 6v12",
};

/**
 * Make the row of a latent.
 * @param {Session} session
 * @param {number} index
 * @param {(by: number) => void} onMove called to move the row up (-1) or down (1)
 * @param {AbortSignal} signal ends the row
 */
export function createRow(session, index, onMove, signal) {
  const { store, model } = session;
  const statistics = model.statistics[index];

  const name = el("button", {
    class: "name",
    type: "button",
    title: "Name this latent",
    on: { click: () => renameLatent(session, index) },
  });
  const match = el("span", { class: "chip accent" });
  const slider = el("input", { type: "range", step: "any", dataset: { latent: String(index) } });
  const box = el("input", { type: "number", step: "any", class: "value", "aria-label": `Value of z${index}` });
  const reset = tool("reset", `Reset z${index} to the encoded value`, () => {
    session.setLatent(index, store.get().encoded[index]);
    session.commit();
  });
  const lock = tool("lock", `Lock z${index} against Random and new images`, () => toggle("locks"));
  const play = tool("play", `Play z${index}`, () => togglePlay(session, index));
  const film = tool("film", `Film strip of z${index}`, () => toggle("strips"));
  const track = el("div", { class: "track" });
  const strip = createStrip(session, index, signal);

  const node = el(
    "div",
    { class: `latent ${statistics.state}`, role: "listitem", dataset: { latent: String(index) } },
    el(
      "div",
      { class: "title" },
      el("span", { class: "grip", draggable: true, "aria-hidden": "true", title: "Drag to reorder" }, "⠿"),
      el("b", { class: "mono id" }, `z${index}`),
      name,
      statistics.state === "dead" || !statistics.best_factor ? null : match,
      statistics.state === "active" ? null : stateChip(statistics),
      klOf(statistics, model.statistics),
    ),
    el("div", { class: "controls" }, track, box, el("span", { class: "buttons" }, reset, lock, film, play)),
    strip.node,
  );

  /** @param {"locks" | "strips"} key */
  function toggle(key) {
    const now = store.get()[key];
    store.set({ [key]: now.includes(index) ? now.filter((i) => i !== index) : [...now, index].sort((a, b) => a - b) });
  }

  /** @type {[number, number]} */
  let ends = [0, 1];
  const drawTrack = () => {
    const state = store.get();
    ends = rangeOf(state.range, statistics, state.encoded[index]);
    slider.min = String(ends[0]);
    slider.max = String(ends[1]);
    slider.title = `${fixed(ends[0])} to ${fixed(ends[1])}`;
    track.replaceChildren(...backdrop(session, index, ends), slider);
    drawValue();
  };
  const drawValue = () => {
    const value = store.get().z[index];
    slider.value = String(value);
    const share = Math.min(1, Math.max(0, (value - ends[0]) / (ends[1] - ends[0])));
    slider.style.setProperty("--at", String(share));
    slider.setAttribute("aria-valuetext", valueText(session, index, value));
    if (document.activeElement !== box) box.value = fixed(value, 2);
    strip.mark(value, ends);
  };
  const drawFocus = () => node.classList.toggle("focused", store.get().focus === index);
  const drawMarks = () => {
    const { locks, strips, playing, names } = store.get();
    lock.setAttribute("aria-pressed", String(locks.includes(index)));
    film.setAttribute("aria-pressed", String(strips.includes(index)));
    play.setAttribute("aria-pressed", String(playing === index));
    play.replaceChildren(icon(playing === index ? ICONS.pause : ICONS.play));
    const given = names[index];
    const suggested =
      statistics.best_factor && statistics.state !== "dead" ? labelOf(statistics.best_factor) : "name …";
    name.textContent = given || suggested;
    name.classList.toggle("suggested", !given);
    slider.setAttribute(
      "aria-label",
      `z${index} ${given || ""}`.trim() + (statistics.state === "dead" ? " (dead)" : ""),
    );
  };
  match.textContent = unitless(Math.abs(statistics.best_correlation ?? NaN));
  match.title = `|correlation| with ${labelOf(statistics.best_factor ?? "")}`;

  let seen = NaN;
  const onPoint = () => {
    if (store.get().z[index] === seen) return;
    seen = store.get().z[index];
    drawValue();
  };
  store.on(["z"], onPoint, signal);
  store.on(["range", "encoded", "input"], drawTrack, signal);
  store.on(["focus"], drawFocus, signal);
  store.on(["locks", "strips", "playing", "names"], drawMarks, signal);

  slider.addEventListener("input", () => session.setLatent(index, Number(slider.value)));
  slider.addEventListener("change", () => session.commit());
  slider.addEventListener("focus", () => session.focusLatent(index, store.get().factor));
  box.addEventListener("change", () => {
    session.setLatent(index, box.value === "" ? NaN : Number(box.value));
    session.commit();
    box.value = fixed(store.get().z[index], 2);
  });
  box.addEventListener("blur", drawValue);
  node.addEventListener("click", () => store.get().focus !== index && session.focusLatent(index));
  slider.addEventListener("keydown", (event) => onRowKey(event, session, index, ends, onMove));
  slider.addEventListener("keyup", () => session.commit()); // a held key commits when it is released
  drawTrack();
  drawFocus();
  drawMarks();
  return { node, slider };
}

/** @param {import("../../types").LatentStatistics} statistics */
const stateChip = (statistics) =>
  el("span", { class: "chip outline", title: reasonOf(statistics) }, term(statistics.state));

/**
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {() => void} run
 */
function tool(name, label, run) {
  return el(
    "button",
    { class: "tiny", type: "button", "aria-label": label, title: label, on: { click: run } },
    icon(ICONS[name]),
  );
}

/**
 * Describe a value by its place among the codes of the data set.
 * @param {Session} session
 * @param {number} index
 * @param {number} value
 */
function valueText(session, index, value) {
  const { mean, std } = session.model.statistics[index];
  const sigmas = std > 1e-6 ? `, ${fixed((value - mean) / std, 1)} standard deviations from the mean` : "";
  return `${fixed(value, 2)}${sigmas}`;
}

/**
 * Draw what lies behind the slider: density of the codes, hatch outside the data, tick at the encoded value.
 * @param {Session} session
 * @param {number} index
 * @param {[number, number]} ends
 */
function backdrop(session, index, [low, high]) {
  const { minimum, maximum } = session.model.statistics[index];
  const codes = session.sample?.codes.map((code) => code[index]) ?? [];
  const share = (/** @type {number} */ v) => Math.min(1, Math.max(0, (v - low) / (high - low)));
  const heights = codes.length ? density(codes, low, high) : [];
  const points = heights.map((h, i) => `${((i + 0.5) * 120) / heights.length},${(18 - 17 * h).toFixed(1)}`);
  const encoded = store(session).encoded[index];
  return [
    heights.length
      ? svg(
          "svg",
          { viewBox: "0 0 120 18", preserveAspectRatio: "none", "aria-hidden": "true", class: "density" },
          svg("polygon", { points: `0,18 ${points.join(" ")} 120,18` }),
        )
      : el("span"),
    el("span", { class: "hatch", style: `left:0;width:${100 * share(minimum)}%` }),
    el("span", { class: "hatch", style: `right:0;width:${100 * (1 - share(maximum))}%` }),
    encoded >= low && encoded <= high
      ? el("span", { class: "tick", style: `left:${100 * share(encoded)}%`, title: `encoded ${fixed(encoded)}` })
      : el("span"),
  ].map((part) => wrap(part));
}

/** @param {Element} part */
const wrap = (part) => el("span", { class: "inset" }, part);
/** @param {Session} session */
const store = (session) => session.store.get();

/**
 * KL of a latent, with a bar relative to the largest one.
 * @param {import("../../types").LatentStatistics} latent
 * @param {import("../../types").LatentStatistics[]} all
 */
function klOf({ kl_nats }, all) {
  if (kl_nats === null) return el("span", { class: "kl", title: `KL ${NO_KL}` }, "no KL");
  const top = Math.max(...all.map((each) => each.kl_nats ?? 0), 1e-9);
  return el(
    "span",
    { class: "kl", title: `Mean KL to the prior: ${kl_nats.toFixed(4)} nats per image` },
    el("i", { style: `width:${Math.max(2, (52 * kl_nats) / top)}px` }),
    el("span", { class: "mono" }, fixed(kl_nats, kl_nats < 0.1 ? 3 : 2)),
    el("span", { class: "visually-hidden" }, " nats KL"),
  );
}
