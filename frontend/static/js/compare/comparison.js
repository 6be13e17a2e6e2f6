/** State of a Compare page: models with their decoders, one shared input, and handles that link their latents. */

import { getDataset, getJson, getModel, messageOf } from "../core/api.js";
import { Decoder } from "../inference/decoder.js";
import { createLatest, latest } from "../core/latest.js";
import { linkByFactor, linkByIndex, linkByMatch, toPosition, toValue } from "./matching.js";
import { withValue } from "../math/latents.js";
import { meanSquaredError } from "../math/pixels.js";
import { createStore } from "../core/store.js";
import { encodeFile, encodeIndex } from "../inference/input.js";

/**
 * @typedef {import("../types").Model} Model
 * @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba
 * @typedef {"factor" | "matched" | "index"} Mode
 * @typedef {object} ColumnState
 * @property {number[]} mean posterior mean of the shared input; the data mean until there is one
 * @property {number[]} z the point that is decoded
 * @property {Rgba | null} input
 * @property {Rgba | null} reconstruction
 * @property {Rgba | null} decoded
 * @property {number} error mean squared error of the reconstruction, per pixel and channel
 * @property {string} problem why this model cannot take the input
 * @property {string} fault why the last point could not be decoded
 * @typedef {object} Column one compared model
 * @property {Model} model
 * @property {Decoder} decoder
 * @property {import("../core/store.js").Store<ColumnState>} store
 * @property {(z: number[]) => void} show decode a point; of points that come faster than pictures, the newest
 * @typedef {object} ComparisonState
 * @property {Mode} mode how latents are linked
 * @property {import("./matching.js").Handle[]} handles
 * @property {number} focus handle that was moved last, -1 for none
 * @property {number} index of the shared image, -1 for none
 * @property {string} name of the shared file
 */

export class Comparison {
  /**
   * @param {string[]} ids
   * @param {{runtime: import("../inference/model-files.js").Runtime | null, mode: Mode}} how
   */
  constructor(ids, { runtime, mode }) {
    this.ids = ids;
    this.runtime = runtime;
    /** @type {Column[]} */
    this.columns = [];
    /** @type {import("../types").Dataset | null} */
    this.dataset = null;
    /** @type {any[][]} */
    this.matches = [];
    this.store = createStore(/** @type {ComparisonState} */ ({ mode, handles: [], focus: -1, index: -1, name: "" }));
    this.link = latest(this.linkBy.bind(this));
    this.show = latest(this.take.bind(this));
  }

  async load() {
    const models = await Promise.all(this.ids.map(getModel));
    const broken = models.find(({ problem }) => problem);
    if (broken) throw new Error(`${broken.id} is broken: ${broken.problem}`);
    this.columns = models.map((model) => this.column(model));
    const named = models.find((model) => model.dataset);
    this.dataset = named?.dataset ? await getDataset(named.dataset, named.id).catch(() => null) : null;
    await this.link(this.store.get().mode);
    if (!this.store.get().handles.length) await this.link("index"); // models without factors
    this.start();
  }

  start() {
    for (const { decoder } of this.columns) decoder.start();
  }

  /** Terminate the decoding workers when the page is left. */
  stop() {
    for (const { decoder } of this.columns) decoder.stop();
  }

  /** Drop running requests and end the decoders for good. */
  destroy() {
    this.link.cancel();
    this.show.cancel();
    for (const { decoder } of this.columns) decoder.destroy();
  }

  /**
   * @param {Model} model
   * @returns {Column}
   */
  column(model) {
    const mean = model.statistics.length
      ? model.statistics.map((latent) => latent.mean)
      : new Array(model.latents).fill(0);
    const nothing = { input: null, reconstruction: null, decoded: null, error: NaN, problem: "", fault: "" };
    const store = createStore(/** @type {ColumnState} */ ({ mean, z: mean, ...nothing }));
    /** @param {number[]} of mean of the input that was shown @param {Partial<ColumnState>} change */
    const set = (of, change) => of === store.get().mean && store.set(change); // a late answer of an earlier input is dropped
    const send = createLatest(
      (/** @type {{ z: number[], mean: number[] }} */ { z }) => column.decoder.live(z),
      (decoded, { mean: of }) => set(of, { decoded, fault: "" }),
      (error, { mean: of }) => set(of, { fault: messageOf(error) }),
    );
    /** @type {Column} */
    const column = {
      model,
      decoder: new Decoder(model, { runtime: this.runtime, choice: "auto" }),
      store,
      show: (z) => send({ z, mean: store.get().mean }),
    };
    return column;
  }

  /**
   * Call `listener` once for all columns that change together in one of the keys.
   * @param {(keyof ColumnState)[]} keys
   * @param {() => void} listener
   * @param {AbortSignal} [signal] until it aborts
   */
  onColumns(keys, listener, signal) {
    let due = false;
    const later = () => {
      if (due) return;
      due = true;
      queueMicrotask(() => {
        due = false;
        listener();
      });
    };
    for (const { store } of this.columns) store.on(keys, later, signal);
  }

  /**
   * Link the latents in another way; of `link` the newest call wins.
   * @param {AbortSignal} signal
   * @param {Mode} mode
   */
  async linkBy(signal, mode) {
    const latents = this.columns.map(({ model }) => model.statistics);
    if (mode === "matched" && !this.matches.length && this.columns.length > 1) {
      const answer = await getJson("/api/v1/compare/match", { query: { m: this.ids.join(",") }, signal });
      signal.throwIfAborted();
      this.matches = answer.matches.map((/** @type {{latents: any[]}} */ match) => match.latents);
    }
    const factors = [...new Set(this.columns.flatMap(({ model }) => model.factor_names))];
    const handles =
      mode === "matched"
        ? linkByMatch(latents, this.matches)
        : mode === "index"
          ? linkByIndex(latents)
          : linkByFactor(latents, factors);
    this.store.set({ mode, handles, focus: -1 });
  }

  /** @param {number} index image of the shared data set */
  showIndex(index) {
    this.store.set({ index, name: "" });
    return this.show((column, signal) => {
      if (column.model.dataset !== this.dataset?.name) {
        throw new Error(
          `This model was trained on ${column.model.dataset_title ?? "no known data set"}; drop a picture file to compare it too.`,
        );
      }
      return encodeIndex(column.model, index, signal);
    });
  }

  /** @param {File} file */
  showFile(file) {
    this.store.set({ index: -1, name: file.name });
    return this.show((column, signal) => encodeFile(column.model, file, signal));
  }

  /**
   * Show an input in all columns at once; of `show` the newest call wins.
   * @param {AbortSignal} signal
   * @param {(column: Column, signal: AbortSignal) => Promise<import("../inference/input.js").Encoded>} encode
   */
  async take(signal, encode) {
    const found = await Promise.all(
      this.columns.map(async (column) => {
        try {
          const { pixels, mean } = await encode(column, signal);
          const reconstruction = await column.decoder.live(mean);
          const error = meanSquaredError(pixels, reconstruction);
          const pictures = { input: pixels, reconstruction, decoded: reconstruction, error };
          return { mean, z: mean, ...pictures, problem: "", fault: "" };
        } catch (error) {
          const pictures = { input: null, reconstruction: null, decoded: null, error: NaN };
          return { mean: [...column.store.get().mean], ...pictures, problem: messageOf(error), fault: "" };
        }
      }),
    );
    signal.throwIfAborted();
    this.columns.forEach(({ store }, at) => store.set(found[at]));
  }

  /**
   * Move a handle: the linked latent of each model moves to the same place of its range, by its sign.
   * @param {number} handle
   * @param {number} position in [-1, 1]
   */
  move(handle, position) {
    this.store.get().handles[handle].targets.forEach((target, at) => {
      if (!target) return;
      const { model, store } = this.columns[at];
      const value = toValue(position, model.statistics[target.latent], target.sign);
      this.setPoint(at, withValue(store.get().z, target.latent, value));
    });
    this.store.set({ focus: handle });
  }

  /** @param {number} at column @param {number[]} z */
  setPoint(at, z) {
    this.columns[at].store.set({ z });
    this.columns[at].show(z);
  }

  /**
   * Return where a handle stands in one model.
   * @param {number} handle
   * @param {number} at column
   */
  position(handle, at) {
    const target = this.store.get().handles[handle].targets[at];
    const { model, store } = this.columns[at];
    return target ? toPosition(store.get().z[target.latent], model.statistics[target.latent], target.sign) : 0;
  }

  /** Set all latents back to the code of the input. */
  reset() {
    this.columns.forEach(({ store }, at) => this.setPoint(at, store.get().mean));
  }
}
