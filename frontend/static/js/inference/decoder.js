/**
 * Decoder of the page: in the browser when its runtime has loaded, on the server before that or when forced. Live
 * requests are served before background ones (film strips, grids), which are split so that a drag waits for one part at
 * most.
 */

import { isCopy, messageOf } from "../core/api.js";
import { startBrowserDecoder } from "./browser.js";
import { serverDecoder, withStatus } from "./server.js";
import { modelFiles } from "./model-files.js";

/** @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba */
/** @typedef {"auto" | "browser" | "server"} Choice */
/** @typedef {{ backend: "browser" | "server", loading: boolean, reason: string, ms: number, p95: number, hits: number, calls: number, problem: string }} DecoderStatus `problem`: why the server does not answer, "" while it does */

/** Pictures of a strip that are decoded at a time: a live request waits for one such chunk at most. */
const CHUNK = { browser: 1, server: 4 };
/** A moving slider sends a live request each frame; no chunk begins within this time after one ... */
const IDLE_MILLISECONDS = 40;
/** ... except one in this time, so that strips are also decoded while a latent plays. */
const MAX_WAIT_MILLISECONDS = 100;
const MAX_CACHED_PICTURES = 600;
const START_MILLISECONDS = 4000;

export class Decoder {
  /**
   * @param {import("../types").Model} model
   * @param {{ runtime: import("./model-files.js").Runtime | null, choice: Choice }} how `runtime`: files of ONNX Runtime Web, null when not installed
   */
  constructor(model, { runtime, choice }) {
    this.model = model;
    this.runtime = runtime;
    /** @type {Choice} */
    this.choice = choice;
    this.problem = "";
    this.server = withStatus(serverDecoder(model.id, model.image_shape), (problem) => {
      this.problem = problem;
      this.notify();
    });
    /** @type {import("./browser.js").BrowserDecoder | null} */
    this.browser = null;
    /** Terminates the worker, also while it loads. */
    this.lifetime = new AbortController();
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
    this.notifying = false;
    /** @type {Promise<void> | null} */
    this.started = null;
    /** @type {Set<(status: DecoderStatus) => void>} */
    this.listeners = new Set();
  }

  /** Load the browser's decoder unless the server is forced. Never rejects: the server decodes instead. */
  start() {
    this.started ??= this.load();
    return this.started;
  }

  async load() {
    const { signal } = this.lifetime;
    if (this.browser || this.loading || !this.runtime || this.choice === "server" || signal.aborted) return;
    this.loading = true;
    this.notify();
    try {
      const started = await startBrowserDecoder({ ...modelFiles(this.model), runtime: this.runtime }, signal);
      if (!signal.aborted) [this.browser, this.reason] = [started, started.reason];
    } catch (error) {
      if (!signal.aborted) this.reason = messageOf(error);
    }
    if (signal.aborted) return;
    this.loading = false;
    this.times = [];
    this.notify();
  }

  /** @param {Choice} choice */
  choose(choice) {
    this.choice = choice;
    this.cache.clear();
    this.times = [];
    this.notify();
    if (!this.browser) this.started = null;
    this.start();
  }

  /** Terminate the worker when the page is left; `start` makes another if the page is shown again. */
  stop() {
    this.lifetime.abort();
    this.lifetime = new AbortController();
    this.browser = null;
    this.started = null;
    this.loading = false;
  }

  /** End for good: no worker is made again, background work is dropped, listeners are removed. */
  destroy() {
    this.stop();
    this.lifetime.abort();
    this.background = [];
    this.listeners.clear();
  }

  /**
   * Call `listener` with each new status, at most once a frame.
   * @param {(status: DecoderStatus) => void} listener
   * @param {AbortSignal} signal until it aborts
   */
  on(listener, signal) {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }

  get backend() {
    return this.browser && this.choice !== "server" ? "browser" : "server";
  }

  /**
   * Decode the point that is shown, before all background work.
   * @param {number[]} vector
   * @returns {Promise<Rgba>}
   */
  async live(vector) {
    const key = vector.join();
    this.calls += 1;
    const kept = this.cache.get(key);
    if (kept) {
      this.hits += 1;
      this.notify();
      return kept;
    }
    this.livePending += 1;
    this.lastLive = performance.now();
    try {
      const from = this.backend;
      const { rgba, ms } = await this.run([vector]);
      if (from === this.backend) this.times = [...this.times.slice(-199), ms];
      this.keep(key, rgba);
      this.notify();
      return rgba;
    } finally {
      this.livePending -= 1;
      this.lastLive = performance.now();
      if (!this.livePending) this.work();
    }
  }

  /**
   * Decode pictures of strips and grids while no live request waits. Aborted work is dropped.
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
   * Run background work one chunk at a time while no live request waits. It starts when the browser's decoder has
   * loaded: strips from the server would delay the load, and not be drawn earlier.
   */
  async work() {
    if (this.working) return;
    this.working = true;
    if (this.runtime && !this.browser && this.choice !== "server") await this.untilStarted();
    await this.untilIdle();
    while (this.background.length && !this.livePending) {
      await this.background.shift()?.();
      await this.untilIdle();
    }
    this.working = false;
  }

  /** Wait for the browser's decoder, for a limited time. */
  async untilStarted() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    await Promise.race([this.start(), new Promise((done) => (timer = setTimeout(done, START_MILLISECONDS)))]);
    clearTimeout(timer);
  }

  /** Wait until no live request was sent for a while, for a limited time. */
  async untilIdle() {
    const latest = performance.now() + MAX_WAIT_MILLISECONDS;
    for (;;) {
      const wait = Math.min(this.lastLive + IDLE_MILLISECONDS, latest) - performance.now();
      if (wait <= 0) return;
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  /**
   * Decode by the current backend. A worker that fails is replaced by the server.
   * @param {number[][]} vectors
   */
  async run(vectors) {
    const { signal } = this.lifetime;
    signal.throwIfAborted();
    if (isCopy() && !this.browser) await this.start(); // a static copy has no service
    const { browser } = this;
    if (this.backend === "browser" && browser) {
      try {
        return await browser(vectors);
      } catch (error) {
        signal.throwIfAborted(); // the worker was terminated on purpose
        if (this.browser === browser) {
          browser.stop();
          this.browser = null;
          this.runtime = null;
          this.reason = messageOf(error);
        }
      }
    }
    try {
      return await this.server(vectors);
    } catch (error) {
      if (this.problem && this.browser) return this.browser(vectors); // the server was forced and does not answer
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
    if (this.cache.size > MAX_CACHED_PICTURES)
      this.cache.delete(/** @type {string} */ (this.cache.keys().next().value));
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
      problem: this.problem,
    };
  }

  /** Call the listeners with the status, at most once a frame. */
  notify() {
    if (this.notifying) return;
    this.notifying = true;
    requestAnimationFrame(() => {
      this.notifying = false;
      for (const listener of this.listeners) listener(this.status());
    });
  }
}
