// Elements are made here and nowhere else. Text goes in as text: whatever a client can influence, such as a route, a
// statement or an error, is never read as markup, and what in it cannot be seen or changes the direction of writing is shown as an escape.

import { visible } from "./format.js";

const svgNamespace = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

// el makes an element. Properties with a dash in their name become attributes, "on" takes listeners, and null or false ones are
// left out.
export function el(name, properties, ...children) {
  return fill(document.createElement(name), properties, children);
}

const said = new Set(["title", "label", "aria-label"]); // properties that are text

const seen = (child) => typeof child === "string" ? visible(child) : child;

export function svg(name, properties, ...children) {
  const node = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (key === "on") listen(node, value);
    else if (value !== null && value !== false) node.setAttribute(key, said.has(key) ? visible(value) : value);
  }
  node.append(...children.filter((c) => c !== null).map(seen));
  return node;
}

function fill(node, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") listen(node, value);
    else if (key === "class") node.className = value;
    else if (key.includes("-") || key === "role" || key === "scope" || key === "colspan") node.setAttribute(key, said.has(key) ? visible(value) : value);
    else node[key] = said.has(key) ? visible(value) : value;
  }
  node.append(...children.filter((c) => c !== null && c !== undefined).map(seen));
  return node;
}

// stack folds the text of a stack, which scrolls.
export const stack = (title, text, open = false) => el("details", { open }, el("summary", null, title),
  el("pre", { tabIndex: 0, role: "group", "aria-label": title }, text));

function listen(node, listeners) {
  for (const [event, f] of Object.entries(listeners)) node.addEventListener(event, f);
}

// text sets the text of a node only where it differs, so that selections and screen readers are left in peace.
export function text(node, value) {
  const shown = seen(value);
  if (node.textContent !== shown) node.textContent = shown;
  return node;
}

export function toggle(node, name, on) {
  if (node.classList.contains(name) !== on) node.classList.toggle(name, on);
}

export function show(node, on) {
  if (node.hidden === on) node.hidden = !on;
}

// measure writes a number and, fainter, its unit.
export function measure(node, [value, unit]) {
  const full = value + unit;
  if (node.dataset.shown === full) return node;
  node.dataset.shown = full;
  node.replaceChildren(value, unit ? el("span", { class: "unit" }, unit) : "");
  return node;
}

// copies has a button copy a text; where that is forbidden the node that shows the text is selected.
export function copies(button, what, shown) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(what());
      text(button, "Copied");
    } catch {
      getSelection().selectAllChildren(shown);
      text(button, "Selected: press Ctrl+C");
    }
    setTimeout(() => text(button, label), 2000);
  });
}

// keyed brings the children of a parent in line with items, and keeps the elements of those that stay, with their focus.
export function keyed(parent, items, key, make, update) {
  const known = parent.keyed ??= new Map();
  const seen = new Set();
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  let at = parent.firstElementChild;
  for (const item of items) {
    const id = key(item);
    if (seen.has(id)) continue;
    seen.add(id);
    let node = known.get(id);
    if (!node) known.set(id, node = make(item));
    update?.(node, item);
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const [id, node] of known) {
    if (!seen.has(id)) {
      node.remove();
      known.delete(id);
    }
  }
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true }); // moving it took it away
}
