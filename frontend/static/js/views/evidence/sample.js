/** What a panel shows when the model has no codes of labelled images. */

import { el } from "../../dom.js";
import { createPanel, missing } from "../panel.js";

/**
 * @param {import("../../state/session.js").Session} session
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
    : missing(
        "This model names no data set, so there are no factors to compare with",
        "Import it again with ",
        el("code", {}, "axiscope import … --dataset NAME"),
        ", or with your own labelled images: ",
        el("code", {}, "--dataset own --data-set path=FOLDER"),
        ".",
      );
  return { node: createPanel({ title, name: model.id }, why).node, show: () => {} };
}
