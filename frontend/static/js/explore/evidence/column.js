/** The column of evidence: tabs, one panel each, made when first opened. */

import { createLife, el } from "../../core/dom.js";
import { createTabs } from "../../ui/tabs.js";
import { createHinton } from "./hinton.js";
import { createKl } from "./kl.js";
import { createMap } from "./scatter.js";
import { createPcc } from "./pcc.js";
import { createTraining } from "./training.js";
import { createTuning } from "./tuning.js";

/** @typedef {import("../session.js").Session} Session */

/** @typedef {{ node: HTMLElement, show: () => void }} Panel */

/** @type {Record<string, { label: string, make: (session: Session, signal: AbortSignal) => Panel }>} */
const TABS = {
  pcc: { label: "Correlation", make: createPcc },
  hinton: { label: "Hinton", make: createHinton },
  tuning: { label: "Tuning", make: createTuning },
  map: { label: "Map", make: createMap },
  kl: { label: "KL", make: createKl },
  scores: { label: "Scores", make: createScores },
  training: { label: "Training", make: createTraining },
};

/**
 * @param {HTMLElement} root
 * @param {Session} session
 * @returns {() => void} destroy
 */
export function mountEvidence(root, session) {
  const { signal, destroy } = createLife(root);
  const { store } = session;
  /** @type {Map<string, Panel>} */
  const made = new Map();
  const place = el("div", { class: "tabpanel", role: "tabpanel", id: "evidence-panel", tabIndex: -1 });
  const bar = el("div", { class: "tabs", "aria-label": "Evidence" });
  const tabs = createTabs(
    bar,
    Object.entries(TABS).map(([name, { label }]) => ({ name, label, controls: "evidence-panel" })),
    (name) => store.set({ tab: name }),
  );
  root.append(bar, place);

  const show = () => {
    const name = store.get().tab in TABS ? store.get().tab : "pcc";
    place.setAttribute("aria-labelledby", tabs.mark(name).id);
    let panel = made.get(name);
    if (!panel) made.set(name, (panel = TABS[name].make(session, signal)));
    place.replaceChildren(panel.node);
    panel.show();
  };
  store.on(["tab"], show, signal);
  show();
  return destroy;
}

/**
 * Load the panel of scores when it is opened: it alone needs lit-html, and the page works without.
 * @param {Session} session
 * @param {AbortSignal} signal
 * @returns {Panel}
 */
function createScores(session, signal) {
  const panel = { node: el("div", {}), show: () => {} };
  import("./scores.js").then(
    (module) => {
      const { node, show } = module.createScores(session, signal);
      panel.node.replaceWith(node);
      Object.assign(panel, { node, show });
      show();
    },
    () => panel.node.append(el("p", { class: "soft" }, "Scores need lit-html: make vendor, then load the page again.")),
  );
  return panel;
}
