/** State of Explore in the address; defaults are left out. */

import { ORDERS, RANGES, customRange } from "../math/latents.js";
import { choice, flag, number, numbers, readQuery, showInAddress, text, texts } from "../core/url.js";

const rangeParam = {
  fallback: "data",
  read: (/** @type {string} */ t) => (t in RANGES || customRange(t) ? t : undefined),
  write: String,
};

/** A latent: `3` or `z3`. */
const latentParam = {
  ...number(),
  read: (/** @type {string} */ t) => (/^z?\d+$/.test(t) ? Number(t.replace("z", "")) : undefined),
};

const SCHEMA = {
  /** version of the model the link was made with */
  version: text(),
  image: number(),
  prior: number(),
  z: numbers(4),
  focus: latentParam,
  factor: number(),
  order: choice(Object.keys(ORDERS)),
  manual: numbers(0),
  range: rangeParam,
  steps: number(9),
  base: choice(["encoded", "mean", "zero", "random", "pinned", "current"]),
  seed: number(1),
  pinned: numbers(4),
  hide: flag(),
  lock: numbers(0),
  strips: texts(),
  names: texts(),
  tool: text("single"),
  tab: text("pcc"),
  decode: choice(["auto", "browser", "server"]),
  /** the two latents of the pad */
  pad: numbers(0),
  /** the two latents of the map */
  map: numbers(0),
};

/**
 * Read the address as a part of the session's state.
 * @param {string} search
 */
export function readAddress(search) {
  const q = readQuery(SCHEMA, search);
  const names = Object.fromEntries(
    q.names.map((/** @type {string} */ pair) => pair.split(":")).filter((/** @type {string[]} */ p) => p.length === 2),
  );
  return {
    query: q,
    state: {
      order: q.order,
      manual: q.manual,
      range: q.range,
      steps: Math.min(25, Math.max(2, Math.round(q.steps))),
      base: q.base,
      baseSeed: q.seed,
      pinned: q.pinned,
      hideDead: q.hide,
      locks: q.lock ?? [],
      names,
      tool: q.tool,
      tab: q.tab,
      factor: q.factor,
      pad: q.pad,
      map: q.map,
    },
  };
}

/**
 * Write the session's state to the address.
 * @param {import("./session.js").Session} session
 * @param {"replace" | "push"} [how]
 */
export function writeAddress(session, how = "replace") {
  const s = session.store.get();
  const moved = s.z.some((value, i) => Math.abs(value - s.encoded[i]) > 5e-5);
  const defaultStrips = session.defaultStrips.join();
  showInAddress(
    SCHEMA,
    {
      version: moved || s.input.kind !== "none" ? session.model.version : "",
      image: s.input.kind === "index" ? s.input.index : null,
      prior: s.input.kind === "prior" ? s.input.seed : null,
      z: moved ? s.z : null,
      focus: s.focus === session.defaultFocus ? null : s.focus,
      factor: s.factor,
      order: s.order,
      manual: s.order === "manual" ? s.manual : null,
      range: s.range,
      steps: s.steps,
      base: s.base,
      seed: s.base === "random" ? s.baseSeed : 1,
      pinned: s.base === "pinned" ? s.pinned : null,
      hide: s.hideDead,
      lock: s.locks.length ? s.locks : null,
      strips: s.strips.join() === defaultStrips ? [] : s.strips.length ? s.strips.map(String) : ["none"],
      names: Object.entries(s.names).map(([i, name]) => `${i}:${name.replaceAll(/[,:]/g, " ")}`),
      tool: s.tool,
      tab: s.tab,
      decode: session.decoder.choice,
      pad: s.pad,
      map: s.map,
    },
    how,
  );
}

/** Keys of the state that replace the address when the sliders rest; the others add an entry to the history. */
const REPLACING = /** @type {const} */ ([
  "step",
  "focus",
  "factor",
  "order",
  "manual",
  "range",
  "steps",
  "base",
  "baseSeed",
  "pinned",
  "hideDead",
  "locks",
  "strips",
  "names",
  "pad",
  "map",
]);

/**
 * Update the address after each change of the state. Each input, tool and tab adds an entry to the history; all inputs
 * of one gesture (a drag of a factor's slider) add one.
 * @param {import("./session.js").Session} session
 * @param {AbortSignal} signal ends it
 */
export function keepAddress(session, signal) {
  let { gesture: last } = session.store.get();
  let goingBack = 0;
  const replace = () => {
    if (!goingBack) writeAddress(session);
  };
  const push = () => {
    if (!goingBack) writeAddress(session, "push");
  };
  const onInput = () => {
    const { gesture } = session.store.get();
    if (gesture === last) replace();
    else push();
    last = gesture;
  };
  session.store.on([...REPLACING], session.rest.later(replace), signal);
  session.store.on(["tool", "tab"], push, signal);
  session.store.on(["input"], onInput, signal);
  return {
    /**
     * Load the state of Back or Forward, without a change of the address until that is done.
     * @param {() => Promise<unknown> | void} load
     */
    async goBack(load) {
      goingBack += 1;
      try {
        await load();
        session.rest.flush();
      } finally {
        goingBack -= 1;
      }
    },
  };
}
