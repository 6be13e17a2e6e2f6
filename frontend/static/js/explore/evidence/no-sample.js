/** What a panel shows when the model has no codes of labelled images. */

import { el } from "../../core/dom.js";
import { createPanel, missing } from "../../ui/panel.js";
import { withoutDataset } from "../../ui/panel.js";

/**
 * @param {import("../session.js").Session} session
 * @param {string} title
 */
export function needsSample({ model, sampleError }, title) {
  const why = model.dataset
    ? missing(
        "The codes of this model are not there",
        sampleError ? `${sampleError} ` : "",
        "Export the model again, or run ",
        el("code", {}, `axiscope evaluate ${model.id}`),
        ", to encode a sample of its data set.",
      )
    : withoutDataset();
  return { node: createPanel({ title, name: model.id }, why).node, show: () => {} };
}
