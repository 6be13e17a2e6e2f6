/** The published experiments: question, definition, published figures beside measured ones, and how to run them. */

import { getJson } from "../core/api.js";
import { el, need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { readQuery, text } from "../core/url.js";
import { command } from "../ui/panel.js";
import { measuredTable, publishedTable } from "../studies/tables.js";
import { toastError } from "../ui/toast.js";

const root = need("#studies");
const { study: opened } = readQuery({ study: text() }, location.search);

/** @param {any} study */
function card(study) {
  const inside = el("div", {});
  const details = el(
    "details",
    { open: study.name === opened },
    el("summary", {}, "Published and measured figures"),
    inside,
  );
  let loaded = false;
  const load = async () => {
    if (loaded || !details.open) return;
    loaded = true;
    inside.replaceChildren(...tables(await getJson(`/api/v1/studies/${encodeURIComponent(study.name)}`)));
  };
  details.addEventListener("toggle", () => load().catch(toastError));
  load().catch(toastError);
  return el(
    "article",
    { class: "card study", id: study.name, "aria-label": study.title },
    el("h2", {}, study.title),
    el("p", { class: "source" }, study.source),
    el("p", {}, study.question),
    el(
      "div",
      { class: "facts" },
      el("span", { class: "chip accent" }, `${thousands(study.runs)} runs`),
      el("span", { class: "chip" }, `up to ${thousands(study.steps)} steps each`),
      el("span", { class: "chip" }, study.metrics.join(", ")),
      study.measured.length
        ? study.measured.map((/** @type {any} */ one) =>
            el(
              "span",
              { class: "chip good" },
              `scale ${one.scale}: ${one.done} of ${study.runs} done${one.failed ? `, ${one.failed} failed` : ""}`,
            ),
          )
        : el("span", { class: "chip outline" }, "not run on this machine yet"),
    ),
    study.notes && el("p", { class: "soft" }, study.notes),
    details,
    command(`axiscope study run ${study.name} --scale 0.05`),
  );
}

/** @param {any} detail */
function tables(detail) {
  return [
    el("h3", {}, "Published"),
    publishedTable(detail.rows),
    el(
      "h3",
      {},
      detail.scale === null ? "Measured here" : `Measured here, at scale ${detail.scale} of the published steps`,
    ),
    detail.scale === null
      ? el(
          "p",
          { class: "soft" },
          "Nothing yet. The command below trains every run, measures it and writes a report; --scale shortens the runs and every figure says so.",
        )
      : measuredTable(detail.rows, detail.metrics),
  ];
}

async function start() {
  const { items } = await getJson("/api/v1/studies");
  root.replaceChildren(...items.map(card));
  if (opened) document.getElementById(opened)?.scrollIntoView();
}

start()
  .catch((error) =>
    root.replaceChildren(
      el(
        "p",
        { class: "empty" },
        el("b", {}, "The studies cannot be listed"),
        error instanceof Error ? error.message : String(error),
      ),
    ),
  )
  .finally(() => {
    root.setAttribute("aria-busy", "false");
    document.body.dataset.ready = "1";
  });
