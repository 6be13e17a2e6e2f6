import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";
import { readNpz, writeNpy } from "../../frontend/static/js/formats/npy.js";

/** A zip with one entry, stored (0) or deflated (8). */
function zip(name, content, method) {
  const data = method === 8 ? zlib.deflateRawSync(content) : Buffer.from(content);
  const title = Buffer.from(name);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(title.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt16LE(title.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + title.length, 12);
  end.writeUInt32LE(30 + title.length + data.length, 16);
  return new Blob([local, title, data, central, title, end]);
}

for (const method of [0, 8]) {
  test(`arrays come out of an archive of method ${method}`, async () => {
    const arrays = await readNpz(zip("images.npy", writeNpy(Float32Array.from([1, 2, 3, 4]), [2, 2]), method));
    assert.deepEqual(arrays.images.shape, [2, 2]);
    assert.deepEqual([...arrays.images.data], [1, 2, 3, 4]);
  });
}

test("a file that is not an archive is refused with a message", async () => {
  await assert.rejects(readNpz(new Blob([new Uint8Array(64)])), /without the end record/);
});
