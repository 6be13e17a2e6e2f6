/** The one advice for a model without data: nothing can be measured before it names a data set. */

import { el } from "../core/dom.js";
import { missing } from "./panel.js";

/** What stands wherever scores, correlations or importances of such a model would be. */
export const withoutDataset = () =>
  missing(
    "This model names no data set, so there are no factors to compare with and nothing to measure it on",
    "Import it again with ",
    el("code", {}, "axiscope import … --dataset NAME"),
    ", or with your own labelled images: ",
    el("code", {}, "--dataset own --data-set path=FOLDER"),
    ".",
  );
