/** Ties the live loop to the decoder: pushes vectors, hands on pictures, reports failures once. */

import { createLive } from "../inference/live.js";

export class Live {
  /**
   * @param {import("../inference/decoder.js").Decoder} decoder
   * @param {(rgba: Uint8ClampedArray<ArrayBuffer>) => void} show
   */
  constructor(decoder, show) {
    /** @type {(error: unknown) => void} */
    this.onError = () => {};
    this.push = createLive(
      (/** @type {number[]} */ z) => decoder.live(z),
      (rgba) => show(rgba),
      (error) => this.onError(error),
    );
  }
}
