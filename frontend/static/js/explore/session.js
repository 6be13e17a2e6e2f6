/** State of an Explore page, and the actions that change it. */

import { getSample, messageOf } from "../core/api.js";
import { encodeFile, encodeIndex } from "../inference/input.js";
import { createRest } from "../ui/rest.js";
import { createHistory, createStore } from "../core/store.js";
import { orderOf, withValue } from "../math/latents.js";
import { freshSeed, normal } from "../math/random.js";
import { createLatest, latest } from "../core/latest.js";

const SAMPLE_ROWS = 2000;
const FIRST_STRIPS = 4;

/** @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba */
/** @typedef {{ kind: "index" | "file" | "prior" | "none", index?: number, name?: string, seed?: number }} Input */
/**
 * @typedef {object} State
 * @property {number[]} z the point that is decoded
 * @property {number[]} encoded posterior mean of the input (the prior sample itself for a prior input)
 * @property {Input} input
 * @property {object} gesture what chose the input: inputs of one gesture share an entry of the browser's history
 * @property {Rgba | null} inputPixels
 * @property {Rgba | null} reconstruction
 * @property {Rgba | null} decoded
 * @property {string} base base point of traversals: encoded, mean, zero, random, pinned, current
 * @property {number} baseSeed
 * @property {number[] | null} pinned
 * @property {string} range
 * @property {number} steps
 * @property {string} order
 * @property {number[] | null} manual
 * @property {boolean} hideDead
 * @property {number[]} locks latents that Random and a new image leave alone
 * @property {Record<number, string>} names
 * @property {number[]} strips latents whose film strip is open
 * @property {number | null} playing
 * @property {number} focus
 * @property {number | null} factor
 * @property {string} tool
 * @property {string} tab
 * @property {number[] | null} importance DCI importance per latent, once known
 * @property {number} step counts commits, so that undo buttons redraw
 * @property {{ name: string, z: number[] }[]} waypoints
 * @property {number[] | null} pad the two latents of the pad
 * @property {number[] | null} map the two latents of the map
 */

export class Session {
  /**
   * @param {import("../types").Model} model
   * @param {import("../types").Dataset | null} dataset
   * @param {import("../inference/decoder.js").Decoder} decoder
   * @param {Partial<State>} initial
   */
  constructor(model, dataset, decoder, initial) {
    this.model = model;
    this.dataset = dataset;
    this.decoder = decoder;
    const mean = model.statistics.length ? model.statistics.map((s) => s.mean) : new Array(model.latents).fill(0);
    this.mean = mean;
    const byKl = orderOf("kl", model.statistics);
    /** Latents whose film strip is open where the link names none. */
    this.defaultStrips = byKl.filter((i) => model.statistics[i].state !== "dead").slice(0, FIRST_STRIPS);
    this.defaultFocus = byKl[0] ?? 0;
    /** @type {import("../core/store.js").Store<State>} */
    this.store = createStore(
      /** @type {State} */ ({
        z: mean,
        encoded: mean,
        input: { kind: "none" },
        gesture: {},
        inputPixels: null,
        reconstruction: null,
        decoded: null,
        base: "encoded",
        baseSeed: 1,
        pinned: null,
        range: "data",
        steps: 9,
        order: "kl",
        manual: null,
        hideDead: false,
        locks: [],
        names: {},
        strips: this.defaultStrips,
        playing: null,
        focus: this.defaultFocus,
        factor: null,
        tool: "single",
        tab: "pcc",
        importance: null,
        step: 0,
        waypoints: [],
        pad: null,
        map: null,
        ...initial,
      }),
    );
    this.history = createHistory(mean, { same: (a, b) => a.join() === b.join() });
    /** Called with each failure to decode the point that is shown. @type {(error: unknown) => void} */
    this.onDecodeError = () => {};
    /** Decode a point and show it; of points that come faster than pictures, the newest. */
    this.showPoint = createLatest(
      (/** @type {number[]} */ z) => decoder.live(z),
      (decoded) => this.store.set({ decoded }),
      (error) => this.onDecodeError(error),
    );
    /** Delays charts and the address while a slider moves; not while a latent plays. */
    this.rest = createRest();
    this.store.on(["z"], ({ z, playing }) => {
      this.showPoint(z);
      if (playing === null) this.rest.touch();
    });
    /** @type {import("../types").Sample | null} codes and factors of random images */
    this.sample = null;
    this.sampleError = "";
    this.load = latest(this.showInput.bind(this));
  }

  /** Drop running requests and delayed work, and terminate the decoder. */
  destroy() {
    this.store.set({ playing: null });
    this.load.cancel();
    this.rest.drop();
    this.decoder.destroy();
  }

  /** Read codes and factors of random images, where the model has them. */
  async loadSample() {
    if (!this.model.links.sample) return;
    try {
      this.sample = await getSample(this.model.id, SAMPLE_ROWS);
    } catch (error) {
      this.sampleError = messageOf(error);
    }
  }

  /** Move one latent; `commit` follows when the slider is released. @param {number} index @param {number} value */
  setLatent(index, value) {
    if (!Number.isFinite(value)) return;
    this.store.set({ z: withValue(this.store.get().z, index, value), focus: index });
  }

  /** @param {readonly number[]} z @param {boolean} [commit] */
  setVector(z, commit = true) {
    this.store.set({ z: [...z] });
    if (commit) this.commit();
  }

  commit() {
    this.history.commit(this.store.get().z);
    this.store.set({ step: this.store.get().step + 1 });
  }

  undo() {
    this.store.set({ z: this.history.undo(), step: this.store.get().step + 1 });
  }

  redo() {
    this.store.set({ z: this.history.redo(), step: this.store.get().step + 1 });
  }

  /** @param {number} index @param {number | null} [factor] */
  focusLatent(index, factor = null) {
    this.store.set({ focus: index, factor });
  }

  /** Go to a random point, drawn with mean and deviation of the codes; locked latents stay. */
  randomPoint() {
    const draw = normal(this.model.latents, freshSeed());
    const statistics = this.model.statistics;
    const { z, locks } = this.store.get();
    const next = z.map((value, i) => {
      if (locks.includes(i)) return value;
      return statistics[i] ? statistics[i].mean + statistics[i].std * draw[i] : draw[i];
    });
    this.setVector(next);
  }

  /**
   * Load an image of the data set as input; of all inputs the newest call wins.
   * @param {number} index
   * @param {number[] | null} [z] the point to show instead of the posterior mean (from a link)
   * @param {object} [gesture] of images with the same one, as a dragged slider passes by, the history keeps one entry
   */
  loadIndex(index, z = null, gesture = {}) {
    return this.load({ kind: "index", index }, (signal) => encodeIndex(this.model, index, signal), z, gesture);
  }

  /**
   * Load the image that `locate` finds as input.
   * @param {(signal: AbortSignal) => Promise<{ index: number }>} locate
   * @param {object} [gesture]
   */
  loadNearest(locate, gesture = {}) {
    const find = async (/** @type {AbortSignal} */ signal) => {
      const { index } = await locate(signal);
      return { ...(await encodeIndex(this.model, index, signal)), index };
    };
    return this.load({ kind: "index" }, find, null, gesture);
  }

  /** Load a picture file as input. @param {Blob} file @param {string} name */
  loadFile(file, name) {
    return this.load({ kind: "file", name }, (signal) => encodeFile(this.model, file, signal), null, {});
  }

  /** Load a sample of the prior N(0, I) as input. @param {number} seed @param {number[] | null} [z] */
  loadPrior(seed, z = null) {
    const mean = normal(this.model.latents, seed);
    return this.load({ kind: "prior", seed }, async () => ({ pixels: null, mean }), z, {});
  }

  /**
   * Show an input with its code and its reconstruction.
   * @param {AbortSignal} signal
   * @param {Input} of
   * @param {(signal: AbortSignal) => Promise<{ pixels: Rgba | null, mean: number[], index?: number }>} find `index`: of
   *   the image that was found
   * @param {number[] | null} z
   * @param {object} gesture
   */
  async showInput(signal, of, find, z, gesture) {
    const { pixels, mean, index = of.index } = await find(signal);
    signal.throwIfAborted();
    const decoded = await this.decoder.live(mean).then(
      (rgba) => ({ rgba, error: null }),
      (error) => ({ rgba: null, error }),
    );
    signal.throwIfAborted();
    this.rest.flush(); // delayed work belongs to the input before
    const input = of.kind === "index" ? { ...of, index } : of;
    const next = z ?? this.keepLocked(mean);
    this.store.set({ input, gesture, inputPixels: pixels, encoded: mean, z: next, reconstruction: decoded.rgba });
    this.commit();
    if (decoded.error) throw decoded.error;
  }

  /** @param {number[]} next */
  keepLocked(next) {
    const { z, locks } = this.store.get();
    return next.map((value, i) => (locks.includes(i) ? z[i] : value));
  }

  /** Return the point that traversals start from. */
  basePoint() {
    const { base, baseSeed, encoded, pinned, z } = this.store.get();
    if (base === "mean") return this.mean;
    if (base === "zero") return new Array(this.model.latents).fill(0);
    if (base === "random") return normal(this.model.latents, baseSeed);
    if (base === "pinned" && pinned) return pinned;
    if (base === "current") return z;
    return encoded;
  }

  /** Describe the base point, for captions. */
  baseCaption() {
    const { base, baseSeed, input } = this.store.get();
    if (base === "mean") return "from the mean of all codes";
    if (base === "zero") return "from zero";
    if (base === "random") return `from random point ${baseSeed}`;
    if (base === "pinned") return "from the pinned point";
    if (base === "current") return "from the current point";
    return `from ${inputCaption(input, "the posterior mean of ")}`;
  }
}

/**
 * Describe an input, for captions.
 * @param {Input} input
 * @param {string} [before] put before an image's name
 */
export function inputCaption(input, before = "") {
  if (input.kind === "index") return `${before}#${(input.index ?? 0).toLocaleString("en-US")}`;
  if (input.kind === "file") return `${before}${input.name}`;
  if (input.kind === "prior") return `prior sample ${input.seed}`;
  return "the mean of all codes";
}
