// usage: node decode.mjs KERNEL FOLDER...; decodes FOLDER/latent.f32 (rows in FOLDER/rows) by FOLDER/decoder.onnx with the
// page's own runtime and writes FOLDER/image.f32, or the reason to FOLDER/refused
import { readFileSync, writeFileSync } from "node:fs";
import { createDecoder } from "../../frontend/static/js/inference/runtime/graph.js";

const [kernel, ...folders] = process.argv.slice(2);
for (const folder of folders) {
  try {
    const decode = await createDecoder(new Uint8Array(readFileSync(`${folder}/decoder.onnx`)), readFileSync(kernel));
    const latent = new Float32Array(new Uint8Array(readFileSync(`${folder}/latent.f32`)).buffer);
    const rows = Number(readFileSync(`${folder}/rows`, "utf8"));
    decode(latent, rows); // the second run starts from memory that the first one has filled
    const image = decode(latent, rows);
    writeFileSync(`${folder}/image.f32`, new Uint8Array(image.buffer, image.byteOffset, image.byteLength));
  } catch (error) {
    writeFileSync(`${folder}/refused`, String(error));
  }
}
