/** The state of a Compare page: models with their decoders, one shared input, and handles that link their latents. */

import { getDataset, getJson, getModel } from "../api.js";
import { Decoder } from "../decoder/decoder.js";
import { createLive } from "../decoder/live.js";
import { linkByFactor, linkByIndex, linkByMatch, toPosition, toValue } from "../math/link.js";
import { meanSquaredError } from "../math/pixels.js";
import { createStore } from "../store.js";
import { encodeFile, encodeIndex } from "./input.js";

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
    /** @type {import("../math/link.js").Handle[]} */
    this.handles = [];
    /** Counters that views listen to: each rises when its matter changed. */
    this.store = createStore({ mode, index: -1, name: "", input: 0, picture: 0, point: 0, handles: 0, focus: -1 });
  }

  async load() {
    const models = await Promise.all(this.ids.map(getModel));
    this.columns = models.map((model) => this.column(model));
    const named = models.find((model) => model.dataset);
    this.dataset = named?.dataset ? await getDataset(named.dataset, named.id).catch(() => null) : null;
    await this.link(this.store.get().mode);
    for (const { decoder } of this.columns) decoder.start();
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
      push: () => {},
    };
    column.push = createLive(
      (/** @type {number[]} */ z) => column.decoder.live(z),
      (/** @type {Rgba} */ rgba) => {
        column.decoded = rgba;
        this.bump("picture");
      },
      (error) => {
        column.problem = error instanceof Error ? error.message : String(error);
        this.bump("picture");
      },
    );
    return column;
  }

  /** @param {"input" | "picture" | "point" | "handles"} key */
  bump(key) {
    this.store.set({ [key]: this.store.get()[key] + 1 });
  }

  /** @param {Mode} mode */
  async link(mode) {
    const latents = this.columns.map(({ model }) => model.statistics);
    if (mode === "matched" && !this.matches.length && this.columns.length > 1) {
      const answer = await getJson("/api/v1/compare/match", { query: { m: this.ids.join(",") } });
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

  /** @param {(column: Column, signal: AbortSignal) => Promise<import("./input.js").Encoded>} encode */
  async show(encode) {
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    await Promise.all(
      this.columns.map(async (column) => {
        try {
          const { pixels, mean } = await encode(column, mine.signal);
          const reconstruction = await column.decoder.live(mean);
          if (mine.signal.aborted) return;
          const error = meanSquaredError(pixels, reconstruction);
          Object.assign(column, {
            input: pixels,
            mean,
            z: mean,
            reconstruction,
            decoded: reconstruction,
            error,
            problem: "",
          });
        } catch (error) {
          if (mine.signal.aborted) return;
          const problem = error instanceof Error ? error.message : String(error);
          Object.assign(column, { input: null, reconstruction: null, decoded: null, error: NaN, problem });
        }
      }),
    );
    if (!mine.signal.aborted) this.bump("input");
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
