/**
 * One decoder for the page: in the browser as soon as it can, on the server until then or when forced. Live requests
 * go before background ones (film strips, grids), which are cut small so that a drag never waits long.
 */

import { copiedImages } from "../core/api.js";
import { startBrowserDecoder } from "./browser.js";
import { serverDecoder, withStatus } from "./server.js";
import { modelFiles } from "./model-files.js";

/** @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba */
/** @typedef {"auto" | "browser" | "server"} Choice */
/** @typedef {{ backend: "browser" | "server", loading: boolean, reason: string, ms: number, p95: number, hits: number, calls: number, silent: string }} DecoderStatus `silent`: why the server gave no answer, while it gives none */

/** Pictures of a strip that are decoded at a time: a live decode waits for one such chunk at most. */
const CHUNK = { browser: 1, server: 4 };
/** A slider that moves sends a live request each frame: no chunk begins between two of them ... */
const IDLE_MILLISECONDS = 40;
/** ... but for one in this time, so that a latent that plays does not keep a strip empty for ever. */
const LONGEST_WAIT_MILLISECONDS = 100;
const CACHED_PICTURES = 600;
const PATIENCE_MS = 4000;

export class Decoder {
  /**
   * @param {import("../types").Model} model
   * @param {{ runtime: string | null, choice: Choice }} how `runtime`: folder of ONNX Runtime Web, null when not installed
   */
  constructor(model, { runtime, choice }) {
    this.model = model;
    this.runtime = runtime;
    /** @type {Choice} */
    this.choice = choice;
    this.silent = "";
    this.server = withStatus(serverDecoder(model.id, model.image_shape), (problem) => {
      this.silent = problem;
      this.tell();
    });
    /** @type {import("./browser.js").BrowserDecoder | null} */
    this.browser = null;
    /** Ends the worker, also one that is being loaded. */
    this.life = new AbortController();
    this.reason = runtime ? "" : "ONNX Runtime Web is not installed on this server";
    this.loading = false;
    /** @type {Map<string, Rgba>} */
    this.cache = new Map();
    /** @type {number[]} */
    this.times = [];
    this.hits = 0;
    this.calls = 0;
    /** @type {(() => Promise<void>)[]} */
    this.background = [];
    this.working = false;
    this.livePending = 0;
    this.lastLive = -Infinity;
    this.telling = false;
    /** @type {Promise<void> | null} */
    this.started = null;
    /** @type {Set<(status: DecoderStatus) => void>} */
    this.listeners = new Set();
  }

  /** Load the browser's decoder unless the server is forced. Never rejects: the server goes on serving. */
  start() {
    this.started ??= this.load();
    return this.started;
  }

  async load() {
    if (this.browser || this.loading || !this.runtime || this.choice === "server") return;
    this.loading = true;
    this.tell();
    const { signal } = this.life;
    try {
      const started = await startBrowserDecoder({ ...modelFiles(this.model), runtime: this.runtime }, signal);
      if (!signal.aborted) this.browser = started;
    } catch (error) {
      if (!signal.aborted) this.reason = error instanceof Error ? error.message : String(error);
    }
    if (signal.aborted) return;
    this.loading = false;
    this.times = [];
    this.tell();
  }

  /** @param {Choice} choice */
  choose(choice) {
    this.choice = choice;
    this.cache.clear();
    this.times = [];
    this.tell();
    if (!this.browser) this.started = null;
    this.start();
  }

  /** End the worker, as the page is left; `start` makes another should the page come back. */
  stop() {
    this.life.abort();
    this.life = new AbortController();
    this.browser = null;
    this.started = null;
    this.loading = false;
  }

  get backend() {
    return this.browser && this.choice !== "server" ? "browser" : "server";
  }

  /**
   * Pictures of latent points for the live loop: at once.
   * @param {number[]} vector
   * @returns {Promise<Rgba>}
   */
  async live(vector) {
    const key = vector.join();
    this.calls += 1;
    const kept = this.cache.get(key);
    if (kept) {
      this.hits += 1;
      this.tell();
      return kept;
    }
    this.livePending += 1;
    this.lastLive = performance.now();
    try {
      const from = this.backend;
      const { rgba, ms } = await this.run([vector]);
      if (from === this.backend) this.times = [...this.times.slice(-199), ms];
      this.keep(key, rgba);
      this.tell();
      return rgba;
    } finally {
      this.livePending -= 1;
      this.lastLive = performance.now();
      if (!this.livePending) this.work();
    }
  }

  /**
   * Pictures for strips and grids: when the live loop is idle. Aborted work is dropped.
   * @param {number[][]} vectors
   * @param {AbortSignal} [signal]
   * @returns {Promise<Rgba[]>}
   */
  many(vectors, signal) {
    /** @type {Rgba[]} */
    const out = new Array(vectors.length);
    /** @type {number[]} */
    const missing = [];
    vectors.forEach((vector, i) => {
      const kept = this.cache.get(vector.join());
      if (kept) out[i] = kept;
      else missing.push(i);
    });
    if (!missing.length) return Promise.resolve(out);
    return new Promise((resolve, reject) => {
      const size = CHUNK[this.backend];
      let left = Math.ceil(missing.length / size);
      for (let at = 0; at < missing.length; at += size) {
        const part = missing.slice(at, at + size);
        this.background.push(async () => {
          if (signal?.aborted) return reject(signal.reason);
          try {
            const { rgba } = await this.run(part.map((i) => vectors[i]));
            const bytes = rgba.length / part.length;
            part.forEach((i, k) => {
              out[i] = rgba.slice(k * bytes, (k + 1) * bytes);
              this.keep(vectors[i].join(), out[i]);
            });
            left -= 1;
            if (!left) resolve(out);
          } catch (error) {
            reject(error);
          }
        });
      }
      this.work();
    });
  }

  /**
   * Take background work one piece at a time while no live request waits. A decoder that is about to be ready here is
   * waited for: the server's strips would keep it from the network, and come no sooner.
   */
  async work() {
    if (this.working) return;
    this.working = true;
    if (this.runtime && !this.browser && this.choice !== "server") await this.soonStarted();
    await this.untilIdle();
    while (this.background.length && !this.livePending) {
      await this.background.shift()?.();
      await this.untilIdle();
    }
    this.working = false;
  }

  /** Wait for the browser's decoder, but not for ever. */
  async soonStarted() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    await Promise.race([this.start(), new Promise((done) => (timer = setTimeout(done, PATIENCE_MS)))]);
    clearTimeout(timer);
  }

  /** Wait until the live loop is idle, or long enough. */
  async untilIdle() {
    const latest = performance.now() + LONGEST_WAIT_MILLISECONDS;
    for (;;) {
      const wait = Math.min(this.lastLive + IDLE_MILLISECONDS, latest) - performance.now();
      if (wait <= 0) return;
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  /**
   * By the backend in force; a worker that breaks is replaced by the server for good.
   * @param {number[][]} vectors
   */
  async run(vectors) {
    if (copiedImages() && !this.browser) await this.start(); // a copy has no service to ask meanwhile
    const { browser } = this;
    if (this.backend === "browser" && browser) {
      try {
        return await browser(vectors);
      } catch (error) {
        if (this.browser === browser) {
          browser.stop();
          this.browser = null;
          this.runtime = null;
          this.reason = error instanceof Error ? error.message : String(error);
        }
      }
    }
    try {
      return await this.server(vectors);
    } catch (error) {
      if (this.silent && this.browser) return this.browser(vectors); // forced to the server, which is gone
      throw error;
    }
  }

  /**
   * @param {string} key
   * @param {Rgba} rgba
   */
  keep(key, rgba) {
    this.cache.delete(key);
    this.cache.set(key, rgba);
    if (this.cache.size > CACHED_PICTURES) this.cache.delete(/** @type {string} */ (this.cache.keys().next().value));
  }

  /** @returns {DecoderStatus} */
  status() {
    const sorted = [...this.times].sort((a, b) => a - b);
    return {
      backend: this.backend,
      loading: this.loading,
      reason: this.reason,
      ms: this.times.at(-1) ?? NaN,
      p95: sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? NaN,
      hits: this.hits,
      calls: this.calls,
      silent: this.silent,
    };
  }

  /** Tell the status bar, at most once a frame. */
  tell() {
    if (this.telling) return;
    this.telling = true;
    requestAnimationFrame(() => {
      this.telling = false;
      for (const listener of this.listeners) listener(this.status());
    });
  }
}
