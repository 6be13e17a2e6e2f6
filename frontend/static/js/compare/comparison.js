/** The state of a Compare page: models with their decoders, one shared input, and handles that link their latents. */

import { getDataset, getJson, getModel } from "../core/api.js";
import { Decoder } from "../inference/decoder.js";
import { createLatest, latest } from "../core/latest.js";
import { linkByFactor, linkByIndex, linkByMatch, toPosition, toValue } from "./matching.js";
import { meanSquaredError } from "../math/pixels.js";
import { createStore } from "../core/store.js";
import { encodeFile, encodeIndex } from "../inference/input.js";

/**
 * @typedef {import("../types").Model} Model
 * @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba
 * @typedef {"factor" | "matched" | "index"} Mode
 * @typedef {object} Column one compared model
 * @property {Model} model
 * @property {Decoder} decoder
 * @property {number[]} mean posterior mean of the shared input; the data mean until there is one
 * @property {number[]} z the point that is decoded
 * @property {Rgba | null} input
 * @property {Rgba | null} reconstruction
 * @property {Rgba | null} decoded
 * @property {number} error mean squared error of the reconstruction, per pixel and channel
 * @property {string} problem why this model cannot take the input
 * @property {string} fault why its decoder gave no picture of the last point
 * @property {(z: number[]) => void} push to the live loop
 */

export class Comparison {
  /**
   * @param {string[]} ids
   * @param {{runtime: string | null, mode: Mode}} how
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
    /** @type {import("./matching.js").Handle[]} */
    this.handles = [];
    /** Counters that views listen to: each rises when its matter changed. */
    this.store = createStore({ mode, index: -1, name: "", input: 0, picture: 0, point: 0, handles: 0, focus: -1 });
    this.link = latest(this.linkBy.bind(this));
    this.show = latest(this.take.bind(this));
  }

  async load() {
    const models = await Promise.all(this.ids.map(getModel));
    this.columns = models.map((model) => this.column(model));
    const named = models.find((model) => model.dataset);
    this.dataset = named?.dataset ? await getDataset(named.dataset, named.id).catch(() => null) : null;
    await this.link(this.store.get().mode);
    this.start();
  }

  start() {
    for (const { decoder } of this.columns) decoder.start();
  }

  /** End the decoding workers, as the page is left. */
  stop() {
    for (const { decoder } of this.columns) decoder.stop();
  }

  /**
   * @param {Model} model
   * @returns {Column}
   */
  column(model) {
    const mean = model.statistics.length
      ? model.statistics.map((latent) => latent.mean)
      : new Array(model.latents).fill(0);
    /** @type {Column} */
    const column = {
      model,
      decoder: new Decoder(model, { runtime: this.runtime, choice: "auto" }),
      mean,
      z: mean,
      input: null,
      reconstruction: null,
      decoded: null,
      error: NaN,
      problem: "",
      fault: "",
      push: () => {},
    };
    /** @param {number[]} mean of the input that was dragged @param {Partial<Column>} change */
    const show = (mean, change) => {
      if (mean !== column.mean) return; // a point of the former input, decoded late
      Object.assign(column, change);
      this.bump("picture");
    };
    const live = createLatest(
      (/** @type {{ z: number[], mean: number[] }} */ { z }) => column.decoder.live(z),
      (/** @type {Rgba} */ decoded, { mean: of }) => show(of, { decoded, fault: "" }),
      (error, { mean: of }) => show(of, { fault: messageOf(error) }),
    );
    column.push = (z) => live({ z, mean: column.mean });
    return column;
  }

  /** @param {"input" | "picture" | "point" | "handles"} key */
  bump(key) {
    this.store.set({ [key]: this.store.get()[key] + 1 });
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
    this.handles =
      mode === "matched"
        ? linkByMatch(latents, this.matches)
        : mode === "index"
          ? linkByIndex(latents)
          : linkByFactor(latents, factors);
    this.store.set({ mode, focus: -1 });
    this.bump("handles");
  }

  /** @param {number} index image of the shared data set */
  showIndex(index) {
    this.store.set({ index, name: "" });
    return this.show((column, signal) => {
      if (column.model.dataset !== this.dataset?.name) {
        throw new Error(
          `This model knows ${column.model.dataset_title ?? "no data set"}: drop a picture to compare it here too.`,
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
          return { mean: [...column.mean], ...pictures, problem: messageOf(error), fault: "" };
        }
      }),
    );
    signal.throwIfAborted();
    this.columns.forEach((column, at) => Object.assign(column, found[at]));
    this.bump("input");
  }

  /**
   * Move a handle: every model's own latent goes to the same place in its own range, the sign included.
   * @param {number} handle
   * @param {number} position in [-1, 1]
   */
  move(handle, position) {
    this.handles[handle].targets.forEach((target, at) => {
      if (!target) return;
      const column = this.columns[at];
      const value = toValue(position, column.model.statistics[target.latent], target.sign);
      column.z = column.z.map((old, latent) => (latent === target.latent ? value : old));
      column.push(column.z);
    });
    this.store.set({ focus: handle });
    this.bump("point");
  }

  /**
   * Where a handle stands in one model.
   * @param {number} handle
   * @param {number} at
   */
  position(handle, at) {
    const target = this.handles[handle].targets[at];
    const { model, z } = this.columns[at];
    return target ? toPosition(z[target.latent], model.statistics[target.latent], target.sign) : 0;
  }

  /** All latents back to the code of the input. */
  reset() {
    for (const column of this.columns) {
      column.z = column.mean;
      column.push(column.z);
    }
    this.bump("point");
  }
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
