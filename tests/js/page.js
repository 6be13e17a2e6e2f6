/**
 * A page for unit tests: the document of happy-dom, and a service whose answers the test gives when it likes.
 *
 * Import this file before the modules under test: they read `document`, `matchMedia` and `localStorage` when they are
 * loaded. `node --test` runs each test file in its own process, so nothing is shared between files.
 */
import { Window } from "../../node_modules/.happy-dom.mjs"; // one file in place of hundreds, by scripts/vendor

/** Of Node.js, not of happy-dom: timers must be the ones that `mock.timers` of node:test replaces. */
const OF_NODE =
  /^(setTimeout|clearTimeout|setInterval|clearInterval|setImmediate|clearImmediate|queueMicrotask|structuredClone|console|URL|URLSearchParams|Text(En|De)coder|Abort(Controller|Signal)|DOMException|Response|Request|Headers|fetch|Blob|FormData|performance|crypto|process|Buffer|eval|undefined|NaN|Infinity|is(NaN|Finite)|parse(Int|Float)|(en|de)codeURI(Component)?|(un)?escape|[A-Z]\w*(Array|Error)|Array(Buffer)?|Object|Function|Promise|Map|Set|Weak\w+|Symbol|String|Number|Boolean|BigInt|Date|Math|JSON|Proxy|Reflect|RegExp|Error|Intl|Atomics|DataView|SharedArrayBuffer|WebAssembly|globalThis|global|self|top|parent)$/;

const happy = new Window({
  url: "http://localhost/",
  width: 1440,
  height: 900,
  settings: { handleDisabledFileLoadingAsSuccess: true }, // scripts and styles of elements are "loaded", never fetched
});

for (let from = happy; from && from !== Object.prototype; from = Object.getPrototypeOf(from)) {
  for (const name of Object.getOwnPropertyNames(from)) {
    if (OF_NODE.test(name) || name === "constructor") continue;
    const value = happy[name];
    if (value === undefined && name in globalThis) continue;
    const bound = typeof value === "function" && !value.prototype ? value.bind(happy) : value;
    Object.defineProperty(globalThis, name, { value: bound, writable: true, configurable: true });
  }
}
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent", "getComputedStyle", "matchMedia"])
  globalThis[name] = happy[name].bind(happy);
Object.defineProperty(globalThis, "window", { value: globalThis, configurable: true });
Object.defineProperty(globalThis, "event", { value: undefined, writable: true, configurable: true });

let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });

/** Hide the tab, or show it again. @param {boolean} now */
export function setHidden(now) {
  hidden = now;
  document.dispatchEvent(new Event("visibilitychange"));
}

/**
 * Fill the page anew: an empty body with `html` and the places that every page has.
 *
 * @param {string} [html]
 * @returns {HTMLElement} the body
 */
export function setPage(html = "") {
  document.body.innerHTML = `${html}<div id="toasts"></div>`;
  return document.body;
}

/** Let all answers that were given arrive, and what they start. */
export async function settle() {
  for (let round = 0; round < 5; round += 1) await new Promise((done) => setImmediate(done));
}

/**
 * Write into a box and tell it as a person's typing does.
 *
 * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} box
 * @param {string} value
 */
export function type(box, value) {
  box.value = value;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

/**
 * Press a key on an element.
 *
 * @param {EventTarget} on
 * @param {string} key
 * @param {KeyboardEventInit} [more]
 * @returns {boolean} false when a listener prevented the default
 */
export const press = (on, key, more = {}) =>
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

/**
 * One request of the page, unanswered until the test answers it.
 *
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path with the query, e.g. "/api/v1/jobs?limit=100"
 * @property {any} body the JSON that was sent, or undefined
 * @property {Record<string, string>} headers names in lower case
 * @property {boolean} aborted
 * @property {boolean} open whether it waits for an answer
 * @property {(body: any, init?: {status?: number, headers?: Record<string, string>}) => Promise<void>} reply strings
 *   and bytes go out as they are, all else as JSON; resolves when the page has worked on it
 * @property {() => Promise<void>} refuse as when nothing listens at the address
 */

/**
 * Replace `fetch` by a service in this file.
 *
 * @returns {{
 *   calls: Call[],
 *   open: (begin?: string, method?: string) => Call[],
 *   last: (begin: string, method?: string) => Call,
 *   always: (begin: string, answer: any, method?: string) => void,
 * }} `calls`: all requests so far; `open`: those that wait, whose path begins so; `last`: the newest such, an error
 *   where there is none; `always`: answer such paths at once (a function is called with the call; it may return a
 *   `Response`)
 */
export function fakeServer() {
  /** @type {Call[]} */
  const calls = [];
  /** @type {{begin: string, method: string, answer: any}[]} */
  const rules = [];
  globalThis.fetch = (path, init = {}) =>
    new Promise((resolve, reject) => {
      const call = /** @type {Call} */ ({
        method: init.method ?? "GET",
        path: String(path),
        body: typeof init.body === "string" ? JSON.parse(init.body) : init.body,
        headers: Object.fromEntries(new Headers(init.headers)),
        aborted: false,
        open: true,
        reply(body, more = {}) {
          call.open = false;
          resolve(answerOf(body, more));
          return settle();
        },
        refuse() {
          call.open = false;
          reject(new TypeError("fetch failed"));
          return settle();
        },
      });
      calls.push(call);
      const abort = () => {
        call.aborted = true;
        call.open = false;
        reject(new DOMException("aborted", "AbortError"));
      };
      if (init.signal?.aborted) return abort();
      init.signal?.addEventListener("abort", abort);
      const rule = rules.findLast(({ begin, method }) => call.path.startsWith(begin) && method === call.method);
      if (rule) call.reply(typeof rule.answer === "function" ? rule.answer(call) : rule.answer);
    });
  const open = (begin = "", method = "GET") =>
    calls.filter((call) => call.open && call.method === method && call.path.startsWith(begin));
  return {
    calls,
    open,
    last(begin, method = "GET") {
      const found = open(begin, method).at(-1);
      if (!found) throw new Error(`no open ${method} ${begin}; made: ${calls.map((call) => call.path).join(" ")}`);
      return found;
    },
    always: (begin, answer, method = "GET") => void rules.push({ begin, method, answer }),
  };
}

/**
 * @param {any} body
 * @param {{status?: number, headers?: Record<string, string>}} more
 */
function answerOf(body, { status = 200, headers = {} }) {
  if (body instanceof Response) return body;
  if (status === 204) return new Response(null, { status, headers });
  const plain = typeof body === "string" || body instanceof Uint8Array;
  const type = status >= 400 ? "application/problem+json" : plain ? "text/plain" : "application/json";
  return new Response(plain ? body : JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });
}

/**
 * Replace `EventSource` by streams that the test writes.
 *
 * @returns {{url: string, readyState: number, closed: boolean, emit: (kind: string, data?: any) => Promise<void>,
 *   fail: (forever?: boolean) => Promise<void>}[]} all streams opened so far; `fail`: the connection broke, and the
 *   browser tries again, or (`forever`) does not, as after an answer that is not 200
 */
export function fakeStreams() {
  const streams = /** @type {any[]} */ ([]);
  globalThis.EventSource = class extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSED = 2;
    readyState = 1;
    closed = false;
    constructor(/** @type {string} */ url) {
      super();
      this.url = url;
      streams.push(this);
    }
    close() {
      this.closed = true;
      this.readyState = 2;
    }
    emit(/** @type {string} */ kind, /** @type {any} */ data = {}) {
      if (!this.closed) this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
      return settle();
    }
    fail(forever = false) {
      this.readyState = forever ? 2 : 0;
      this.dispatchEvent(new Event("error"));
      return settle();
    }
  };
  return streams;
}
