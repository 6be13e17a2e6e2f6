// usage: node scripts/wasm.mjs SOURCE.wat OUT.wasm; assembles a WebAssembly text by wabt, with SIMD.
import { readFileSync, writeFileSync } from "node:fs";
import loadWabt from "wabt";

const [source, out] = process.argv.slice(2);
const wabt = await loadWabt();
const module = wabt.parseWat(source, readFileSync(source, "utf8"), { simd: true });
module.validate();
writeFileSync(out, module.toBinary({}).buffer);
