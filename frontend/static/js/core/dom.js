/** Elements of the document, built without HTML strings, so that text never becomes markup. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props] `class`, `style` (text), `dataset`, `on` ({event: listener}), properties, aria-*
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  assign(node, props);
  node.append(...flat(children));
  return node;
}

/**
 * Make a choice.
 * @param {string} label accessible name
 * @param {string[][]} options value and text
 * @param {(value: string) => void} onChange
 */
export function select(label, options, onChange) {
  const node = el(
    "select",
    { "aria-label": label, on: { change: () => onChange(node.value) } },
    options.map(([value, text]) => el("option", { value }, text)),
  );
  return node;
}

/**
 * Make an SVG element; every property is an attribute.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === "on") listen(node, value);
    else if (value !== undefined && value !== null) node.setAttribute(key, String(value));
  }
  node.append(...flat(children));
  return node;
}

/**
 * Make an outline icon of 24 x 24 pixels from one path.
 * @param {string} path
 */
export function icon(path) {
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: path }));
}

/** Make the icon of three dots, which means "more". */
export const dots = () =>
  svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
    [5, 12, 19].map((cx) => svg("circle", { cx, cy: 12, r: 1.7, fill: "currentColor", stroke: "none" })),
  );

/**
 * Return the first element that matches, or raise an error.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function need(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no element ${selector}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Begin the life of a part of the page, which fills `root`. What outlasts its elements takes `signal`: listeners of the
 * document and of stores, timers, charts, workers. `destroy` aborts it and empties `root`.
 * @param {HTMLElement} root
 */
export function createLife(root) {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    destroy() {
      controller.abort();
      root.replaceChildren();
    },
  };
}

/**
 * Return the data that the server put into the page: <script type="application/json" id="boot">.
 * @returns {Record<string, any>}
 */
export function boot() {
  return JSON.parse(document.getElementById("boot")?.textContent || "{}");
}

/**
 * @param {(Child | Child[])[]} children
 * @returns {(Node | string)[]}
 */
function flat(children) {
  return /** @type {any[]} */ (children.flat())
    .filter((c) => c !== null && c !== undefined && c !== false)
    .map((c) => (c instanceof Node ? c : String(c)));
}

/**
 * @param {HTMLElement} node
 * @param {Record<string, any>} props
 */
function assign(node, props) {
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (key === "class") node.className = value;
    else if (key === "style") node.style.cssText = value;
    else if (key === "dataset") Object.assign(node.dataset, value);
    else if (key === "on") listen(node, value);
    else if (key.includes("-") || key === "role" || key === "for" || key === "list")
      node.setAttribute(key, String(value));
    else /** @type {any} */ (node)[key] = value;
  }
}

/**
 * @param {Element} node
 * @param {Record<string, EventListener>} listeners
 */
function listen(node, listeners) {
  for (const [event, listener] of Object.entries(listeners)) node.addEventListener(event, listener);
}
