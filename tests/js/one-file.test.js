import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import test from "node:test";
import { createAddresses, unpack } from "../../frontend/static/js/pages/one-file.js";

/** @param {Record<string, string>} files */
function pack(files) {
  const index = Buffer.from(
    JSON.stringify(Object.entries(files).map(([name, text]) => [name, Buffer.byteLength(text)])),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  return gzipSync(Buffer.concat([length, index, Buffer.from(Object.values(files).join(""))])).toString("base64");
}

const FILES = {
  "static/js/a.js": 'import { b } from "./deep/b.js";\nexport const a = b + 1;',
  "static/js/deep/b.js": 'import{c}from"../c.js";export const b = c * 10;',
  "static/js/c.js": "export const c = 2; // from é",
  "text.txt": "ü",
};

test("an archive is unpacked to its files", async () => {
  const files = await unpack(`\n${pack(FILES)} `);
  assert.deepEqual([...files.keys()], Object.keys(FILES));
  for (const [name, text] of Object.entries(FILES)) assert.equal(new TextDecoder().decode(files.get(name)), text);
});

test("modules for workers are linked by addresses that carry them", async () => {
  const addressOf = createAddresses(await unpack(pack(FILES)));
  const { a } = await import(addressOf("static/js/a.js", true) ?? "");
  assert.equal(a, 21);
  assert.equal(addressOf("static/js/absent.js"), undefined);
});

test("modules of the page are linked by blobs, of which each file has one", async () => {
  const addressOf = createAddresses(await unpack(pack(FILES)));
  const address = addressOf("static/js/a.js") ?? "";
  assert.match(address, /^blob:/);
  assert.equal(addressOf("static/js/a.js"), address);
  const text = await (await fetch(address)).text();
  assert.equal(text, FILES["static/js/a.js"].replace("./deep/b.js", addressOf("static/js/deep/b.js") ?? ""));
});
