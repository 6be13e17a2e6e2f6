/** A picture file dropped anywhere on the page becomes the input. */

import { toast, toastError } from "../../ui/toast.js";

/** @param {import("../session.js").Session} session */
export function acceptDrops(session) {
  const hasFiles = (/** @type {DragEvent} */ event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener(
    "dragleave",
    (event) => event.relatedTarget === null && document.body.classList.remove("dropping"),
  );
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.type.startsWith("image/")) session.loadFile(file, file.name).catch(toastError);
    else toast(`${file.name} is not a picture: drop PNG, JPEG, WebP or GIF`, "bad");
  });
}
