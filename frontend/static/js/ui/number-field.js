/** Box for the number of an image. A number that is set while a person types does not overwrite the typed text. */

import { el } from "../core/dom.js";

/**
 * @param {string} label accessible name
 * @param {number} n_images numbers go from 0 to one less
 * @param {(index: number) => void} onChoose an image number was entered
 * @param {(message: string) => void} [onRefuse] the entered text is no image number
 */
export function createNumberField(label, n_images, onChoose, onRefuse = () => {}) {
  const node = el("input", { type: "number", min: "0", max: String(n_images - 1), step: "1", "aria-label": label });
  let typing = false;
  const enter = () => {
    if (!typing) return;
    typing = false;
    const index = Number(node.value);
    if (node.value !== "" && Number.isInteger(index) && index >= 0 && index < n_images) onChoose(index);
    else onRefuse(`Got image number "${node.value}"; allowed: 0 to ${n_images - 1}; type another`);
  };
  node.addEventListener("input", () => (typing = true));
  node.addEventListener("change", enter);
  node.addEventListener("keydown", (event) => event.key === "Enter" && enter()); // the browser may see no change
  return {
    node,
    /**
     * Show the number of the image in view, unless another is being typed. In a box with the focus it is selected: the
     * digits of a person who is about to type replace it.
     * @param {string | number} value
     */
    show(value) {
      if (typing) return;
      node.value = String(value);
      if (document.activeElement === node) node.select();
    },
  };
}
