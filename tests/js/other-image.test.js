import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fakeServer, press, setPage, settle } from "./page.js";
import { fakePictures, lateDecoder } from "./fake-pictures.js";
import { MODEL } from "./fake-worker.js";

fakePictures();
HTMLCanvasElement.prototype.getContext = () => ({ putImageData: () => {}, clearRect: () => {} });
globalThis.ImageData = class {};
const { createOtherImage } = await import("../../frontend/static/js/explore/tools/other-image.js");
const { createNumberField } = await import("../../frontend/static/js/ui/number-field.js");

const IMAGES = "/api/v1/datasets/demo/images";
let server;
let chosen;
let picker;
let number;

beforeEach(() => {
  server = fakeServer();
  chosen = [];
  const session = {
    model: MODEL,
    dataset: { n_images: 500000, links: { images: "/images" } },
    decoder: lateDecoder(),
    store: { get: () => ({ input: { index: 0 } }) },
  };
  picker = createOtherImage(session, "B", (other) => chosen.push(other.caption));
  setPage().append(picker.node);
  number = picker.node.querySelector("input");
});

/** Answer the requests of the image asked for at place `at`. */
async function answer(at) {
  const images = server.calls.filter(({ path }) => path.startsWith(IMAGES));
  const codes = server.calls.filter(({ path }) => path === "/encode");
  await images[at].reply("1,2,3,255");
  await codes[at].reply({ mu: [[1, 2]] });
  await settle();
}
/** Type as a person does: the box says `input`, not yet `change`. */
function write(box, text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

test("a number that is typed while the first image loads is not overwritten, and Enter chooses it", async () => {
  picker.begin();
  write(number, "479999");
  await answer(0);
  assert.equal(number.value, "479999");
  press(number, "Enter");
  await answer(1);
  assert.equal(chosen.at(-1), "#479,999");
});

test("an image that loads late does not replace the one chosen after it", async () => {
  picker.begin();
  write(number, "479999");
  press(number, "Enter");
  await answer(1);
  assert.deepEqual(chosen, ["#479,999"]);
  assert.equal(server.calls[0].aborted, true);
});

test("the box takes a number once, by Enter or by leaving it, and shows why it refuses a text", () => {
  const taken = [];
  const refused = [];
  const field = createNumberField(
    "Image number",
    10,
    (index) => taken.push(index),
    (message) => refused.push(message),
  );
  write(field.node, "7");
  press(field.node, "Enter");
  field.node.dispatchEvent(new Event("change"));
  assert.deepEqual(taken, [7]);
  write(field.node, "10");
  field.node.dispatchEvent(new Event("change"));
  write(field.node, "");
  press(field.node, "Enter");
  assert.deepEqual(taken, [7]);
  assert.deepEqual(refused, [
    'Got image number "10"; allowed: 0 to 9; type another',
    'Got image number ""; allowed: 0 to 9; type another',
  ]);
  field.show(3);
  assert.equal(field.node.value, "3");
});

test("a number shown in the box that has the focus is selected, for the digits that come next", () => {
  const field = createNumberField("Image number", 10, () => {});
  document.body.append(field.node);
  let selected = 0;
  field.node.select = () => (selected += 1);
  field.show(3);
  assert.equal(selected, 0);
  field.node.focus();
  field.show(4);
  assert.deepEqual([field.node.value, selected], ["4", 1]);
  write(field.node, "47");
  field.show(5);
  assert.deepEqual([field.node.value, selected], ["47", 1]);
  field.node.remove();
});
