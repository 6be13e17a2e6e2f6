/**
 * Bring what is on the page up to a new drawing of it, in place: nodes that stay are not exchanged, so focus, text
 * selection and scroll positions survive, and what a screen reader was told is told again only when it changed.
 */

/**
 * Make the children of `parent` equal to `fresh`.
 *
 * A node stays where tag and key agree. Listeners of nodes that stay are the old ones: elements with listeners need a
 * key (`data-key`) that names what they do; buttons without one have their text as key.
 *
 * @param {Element} parent
 * @param {(Node | string)[]} fresh
 */
export function update(parent, fresh) {
  let at = /** @type {ChildNode | null} */ (parent.firstChild);
  for (const item of fresh) {
    const node = item instanceof Node ? item : document.createTextNode(item);
    const old = findFrom(at, node);
    if (!old) parent.insertBefore(node, at);
    else {
      at = removeUntil(at, old);
      patch(old, node);
      at = old.nextSibling;
    }
  }
  removeUntil(at, null);
}

/** @param {Node} node */
function keyOf(node) {
  if (!(node instanceof HTMLElement)) return "";
  return node.dataset.key ?? (node instanceof HTMLButtonElement ? `button ${node.textContent}` : "");
}

/**
 * The node that stays for `node`: without a key only the next one, with a key any that follows.
 * @param {ChildNode | null} at
 * @param {Node} node
 */
function findFrom(at, node) {
  const key = keyOf(node);
  for (let old = at; old; old = key ? old.nextSibling : null) {
    if (old.nodeName === node.nodeName && keyOf(old) === key) return old;
  }
  return null;
}

/**
 * @param {ChildNode | null} from
 * @param {ChildNode | null} until stays
 */
function removeUntil(from, until) {
  let at = from;
  while (at && at !== until) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
  return at;
}

/**
 * @param {Node} old
 * @param {Node} fresh
 */
function patch(old, fresh) {
  if (!(old instanceof Element) || !(fresh instanceof Element)) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  update(old, [...fresh.childNodes]);
}
