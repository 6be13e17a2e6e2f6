/**
 * Widget of `axiscope.show` in a notebook (anywidget): a frame with the page of the model. The trait `latents` follows
 * the sliders, and moves them when Python sets it.
 */

/**
 * @typedef {object} Model of the widget, by anywidget
 * @property {(name: string) => any} get
 * @property {(name: string, value: any) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, listener: () => void) => void} on
 * @property {(event: string, listener: () => void) => void} off
 */

/**
 * @param {{ model: Model, el: HTMLElement }} view
 * @returns {() => void} destroy
 */
function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.title = "Latents and pictures of the model";
  frame.style.cssText = `width: 100%; height: ${model.get("height")}px; border: 1px solid #8884; border-radius: 6px; box-sizing: border-box`;
  let ready = false;
  /** Latents that the frame and Python have in common. */
  let shared = "";

  const toFrame = () => {
    const latents = model.get("latents");
    if (!ready || JSON.stringify(latents) === shared) return;
    shared = JSON.stringify(latents);
    frame.contentWindow?.postMessage({ axiscope: "latents", latents }, "*");
  };
  const onMessage = (/** @type {MessageEvent} */ { source, data }) => {
    if (source !== frame.contentWindow || !data?.axiscope) return;
    if (data.axiscope === "ready") ready = true;
    if (data.axiscope === "ready" && model.get("latents").length) return toFrame();
    shared = JSON.stringify(data.latents);
    model.set("latents", data.latents);
    model.save_changes();
  };
  addEventListener("message", onMessage);
  model.on("change:latents", toFrame);
  frame.srcdoc = model.get("page");
  el.append(frame);
  return () => {
    removeEventListener("message", onMessage);
    model.off("change:latents", toFrame);
  };
}

export default { render };
