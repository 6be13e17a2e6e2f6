/** A decoding worker for unit tests: one picture takes one turn, work is done in the order it was sent. */

export const MODEL = {
  id: "demo",
  image_shape: [1, 1, 1],
  latents: 2,
  files: {},
  statistics: [0, 1].map(() => ({ mean: 0, std: 1, state: "active", kl_nats: 1 })),
  links: { images: "/api/v1/datasets/demo/images" },
};

/** The picture of a point: one pixel whose red is the first value. @param {number[]} vector */
export const pixelOf = (vector) => Uint8ClampedArray.of(vector[0], vector[1], 0, 255);

const turn = () => new Promise((done) => setTimeout(done, 1));

export class FakeWorker {
  /** @type {FakeWorker[]} */
  static made = [];
  /** What loading ends with. */
  static failure = "";

  constructor() {
    /** Pictures in the order they were decoded. @type {string[]} */
    this.decoded = [];
    this.terminated = false;
    this.outcome = null;
    this.queue = Promise.resolve();
    this.listeners = { message: new Set(), error: new Set() };
    FakeWorker.made.push(this);
  }

  addEventListener(kind, listener) {
    this.listeners[kind].add(listener);
  }

  removeEventListener(kind, listener) {
    this.listeners[kind].delete(listener);
  }

  emit(kind, event) {
    if (this.terminated) return;
    for (const listener of this.listeners[kind]) listener(event);
    this[`on${kind}`]?.(event);
  }

  postMessage(data) {
    this.queue = this.queue.then(() => this.answer(data));
  }

  async answer(data) {
    if (data.load) {
      await turn();
      this.outcome = FakeWorker.failure ? { error: FakeWorker.failure } : { ready: true };
    }
    if (data.failure) this.outcome = { error: data.failure };
    if (data.id === undefined) return this.outcome && this.emit("message", { data: this.outcome });
    const rgba = new Uint8ClampedArray(4 * data.vectors.length);
    for (const [at, vector] of data.vectors.entries()) {
      await turn();
      rgba.set(pixelOf(vector), 4 * at);
      this.decoded.push(vector.join());
    }
    this.emit("message", { data: { id: data.id, rgba, ms: 1 } });
  }

  terminate() {
    this.terminated = true;
  }
}
