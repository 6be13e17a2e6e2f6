/** Pictures on canvas: one, or a row of frames. */

/** @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba */

/**
 * Draw one picture; the canvas takes its size.
 * @param {HTMLCanvasElement} canvas
 * @param {Rgba} rgba
 * @param {number} width
 * @param {number} height
 */
export function drawPicture(canvas, rgba, width, height) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/**
 * Draw frames side by side.
 * @param {HTMLCanvasElement} canvas
 * @param {Rgba[]} frames
 * @param {number} width of one frame
 * @param {number} height
 * @param {number} [columns] frames in a row; all of them by default
 */
export function drawFrames(canvas, frames, width, height, columns = frames.length) {
  const all = { width: width * columns, height: height * Math.ceil(frames.length / columns) };
  if (canvas.width !== all.width || canvas.height !== all.height) Object.assign(canvas, all);
  const context = canvas.getContext("2d");
  frames.forEach((rgba, i) => {
    context?.putImageData(new ImageData(rgba, width, height), (i % columns) * width, Math.floor(i / columns) * height);
  });
}

/** @param {HTMLCanvasElement} canvas */
export function clearPicture(canvas) {
  canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
}
