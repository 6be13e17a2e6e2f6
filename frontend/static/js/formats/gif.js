/** Animated GIF of RGBA frames: one palette of 255 colours by median cut, LZW. Pure. */

import { lzw } from "./lzw.js";

/** @typedef {Uint8ClampedArray} Rgba */

/**
 * @param {Rgba[]} frames of equal size
 * @param {number} width
 * @param {number} height
 * @param {number} [delay] of a frame, in hundredths of a second
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeGif(frames, width, height, delay = 8) {
  const palette = medianCut(frames, 256);
  const nearest = lookup(palette);
  /** @type {number[]} */
  const out = [];
  const word = (/** @type {number} */ value) => out.push(value & 255, (value >> 8) & 255);
  out.push(...text("GIF89a"));
  word(width);
  word(height);
  out.push(0xf7, 0, 0);
  for (let i = 0; i < 256; i += 1) out.push(...(palette[i] ?? [0, 0, 0]));
  out.push(0x21, 0xff, 11, ...text("NETSCAPE2.0"), 3, 1, 0, 0, 0);
  for (const frame of frames) {
    out.push(0x21, 0xf9, 4, 0);
    word(delay);
    out.push(0, 0, 0x2c);
    [0, 0, width, height].forEach(word);
    out.push(0, 8);
    const indices = new Uint8Array(width * height);
    for (let i = 0; i < indices.length; i += 1) indices[i] = nearest(frame[4 * i], frame[4 * i + 1], frame[4 * i + 2]);
    const packed = lzw(indices, 8);
    for (let at = 0; at < packed.length; at += 255) {
      const block = packed.subarray(at, at + 255);
      out.push(block.length, ...block);
    }
    out.push(0);
  }
  out.push(0x3b);
  return Uint8Array.from(out);
}

/** @param {string} ascii */
const text = (ascii) => [...ascii].map((c) => c.charCodeAt(0));

/**
 * Colours by median cut over a histogram of 5 bits a channel.
 * @param {Rgba[]} frames
 * @param {number} count
 * @returns {number[][]}
 */
function medianCut(frames, count) {
  const counts = new Uint32Array(32768);
  for (const frame of frames) {
    for (let i = 0; i < frame.length; i += 4)
      counts[((frame[i] >> 3) << 10) | ((frame[i + 1] >> 3) << 5) | (frame[i + 2] >> 3)] += 1;
  }
  const colours = [...counts.keys()]
    .filter((c) => counts[c])
    .map((c) => ({ rgb: [c >> 10, (c >> 5) & 31, c & 31], n: counts[c] }));
  let boxes = [colours];
  while (boxes.length < count) {
    const spans = boxes.map((box) => widest(box));
    const at = spans.reduce((best, span, i) => (span.score > spans[best].score ? i : best), 0);
    if (spans[at].score <= 0) break;
    const { channel } = spans[at];
    const box = boxes[at].sort((a, b) => a.rgb[channel] - b.rgb[channel]);
    const half = box.reduce((sum, c) => sum + c.n, 0) / 2;
    let cut = 0;
    for (let sum = 0; cut < box.length - 1 && sum + box[cut].n <= half; cut += 1) sum += box[cut].n;
    cut = Math.max(1, cut);
    boxes = [...boxes.slice(0, at), box.slice(0, cut), box.slice(cut), ...boxes.slice(at + 1)];
  }
  return boxes.map((box) => {
    const total = box.reduce((sum, c) => sum + c.n, 0);
    return [0, 1, 2].map((k) => {
      const mean = box.reduce((sum, c) => sum + c.rgb[k] * c.n, 0) / total;
      return Math.round((mean * 255) / 31);
    });
  });
}

/** @param {{ rgb: number[], n: number }[]} box */
function widest(box) {
  const spans = [0, 1, 2].map((k) => Math.max(...box.map((c) => c.rgb[k])) - Math.min(...box.map((c) => c.rgb[k])));
  const channel = spans.indexOf(Math.max(...spans));
  return { channel, score: box.length > 1 ? spans[channel] * Math.log2(2 + box.reduce((sum, c) => sum + c.n, 0)) : 0 };
}

/**
 * Index of the nearest palette colour, remembered per 5-bit colour.
 * @param {number[][]} palette
 */
function lookup(palette) {
  const known = new Int16Array(32768).fill(-1);
  return (/** @type {number} */ r, /** @type {number} */ g, /** @type {number} */ b) => {
    const key = ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3);
    if (known[key] < 0) {
      let best = Infinity;
      palette.forEach(([pr, pg, pb], i) => {
        const distance = (pr - r) ** 2 + (pg - g) ** 2 + (pb - b) ** 2;
        if (distance < best) {
          best = distance;
          known[key] = i;
        }
      });
    }
    return known[key];
  };
}
