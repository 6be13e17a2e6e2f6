/** One part of the page over the whole window; what is behind it can be neither reached nor read meanwhile. */

/**
 * @param {HTMLElement} node
 * @param {(on: boolean) => void} onChange called after each change
 * @returns {() => void} toggle; Escape leaves too, and so does removing the node from the page
 */
export function fullScreen(node, onChange) {
  /** @type {HTMLElement[]} */
  let behind = [];
  const before = node.getAttribute("role");
  const watcher = new MutationObserver(() => !node.isConnected && leave());
  /** @param {KeyboardEvent} event */
  function keys(event) {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    event.stopPropagation();
    leave();
  }
  function enter() {
    behind = around(node);
    for (const other of behind) other.inert = true;
    node.classList.add("full");
    node.setAttribute("role", "dialog");
    node.setAttribute("aria-modal", "true");
    document.addEventListener("keydown", keys);
    watcher.observe(document.body, { childList: true, subtree: true });
    onChange(true);
  }
  function leave() {
    for (const other of behind) other.inert = false;
    behind = [];
    node.classList.remove("full");
    node.removeAttribute("aria-modal");
    if (before) node.setAttribute("role", before);
    else node.removeAttribute("role");
    document.removeEventListener("keydown", keys);
    watcher.disconnect();
    onChange(false);
  }
  return () => (node.classList.contains("full") ? leave() : enter());
}

/**
 * All that is not in `node` and not around it, but for messages; what was inert already stays out.
 * @param {HTMLElement} node
 */
function around(node) {
  const found = [];
  for (let at = node; at.parentElement && at !== document.body; at = at.parentElement) {
    for (const other of at.parentElement.children) {
      if (other !== at && other instanceof HTMLElement && other.id !== "toasts" && !other.inert) found.push(other);
    }
  }
  return found;
}
