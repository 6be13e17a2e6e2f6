/** What the worker needs to know of a model. */

export const RUNTIME = "/static/vendor/ort/";

/**
 * @param {import("../types").Model} model
 * @returns {{ runtime: string, model: string, shape: number[], latents: number }}
 */
export function wantedModel(model) {
  const checksum = model.files["decoder.onnx"]?.sha256.slice(0, 12) ?? "";
  return {
    runtime: RUNTIME,
    model: `/api/v1/models/${encodeURIComponent(model.id)}/files/decoder.onnx?v=${checksum}`,
    shape: model.image_shape,
    latents: model.latents,
  };
}
