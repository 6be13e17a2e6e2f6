/** Pictures for unit tests: a "file" is the text "r,g,b,a" of its one colour, and reading it back gives that colour. */

import { settle } from "./page.js";

class Context {
  constructor(canvas) {
    this.canvas = canvas;
    this.colour = [0, 0, 0, 0];
  }

  clearRect() {}

  drawImage(bitmap) {
    this.colour = bitmap.colour;
  }

  getImageData(x, y, width, height) {
    return { data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => this.colour[i % 4]) };
  }
}

/** Give this process `createImageBitmap` and `OffscreenCanvas`. */
export function fakePictures() {
  globalThis.createImageBitmap = async (blob) => ({
    colour: (await blob.text()).split(",").map(Number),
    height: 1,
    close() {},
  });
  globalThis.OffscreenCanvas = class {
    constructor(width, height) {
      this.width = width;
      this.height = height;
    }

    getContext() {
      return new Context(this);
    }
  };
}

/** A decoder that answers when the test says so. */
export function lateDecoder() {
  /** @type {{ vector: number[], show: (red: number) => Promise<void>, fail: (message: string) => Promise<void> }[]} */
  const open = [];
  return {
    open,
    /** Answer the oldest open request for a point. @param {number[]} vector @param {number} red */
    show(vector, red) {
      const at = open.findIndex((one) => one.vector.join() === vector.join());
      if (at < 0) throw new Error(`no open request for ${vector}; open: ${open.map((one) => one.vector).join(" ")}`);
      return open.splice(at, 1)[0].show(red);
    },
    live: (/** @type {number[]} */ vector) =>
      new Promise((resolve, reject) => {
        open.push({
          vector,
          show: async (red) => (resolve(Uint8ClampedArray.of(red, red, red, 255)), await new Promise(setImmediate)),
          fail: async (message) => (reject(new Error(message)), await new Promise(setImmediate)),
        });
      }),
    start: () => {},
    listeners: new Set(),
  };
}

export const IMAGES = "/api/v1/datasets/demo/images";

/** Answer both requests of an image: its picture is red by its index. @param {any} server @param {number} index @param {number[]} code */
export async function answerImage(server, index, code) {
  await server
    .open(IMAGES)
    .find(({ path }) => path.endsWith(`index=${index}`))
    .reply(`${index},0,0,255`);
  await server
    .open("/encode", "POST")
    .find(({ body }) => body.indices[0] === index)
    .reply({ mu: [code] });
  await settle();
}

/** Red of the first pixel. @param {Uint8ClampedArray | null | undefined} picture */
export const red = (picture) => picture?.[0];
