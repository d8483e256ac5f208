// Elements are made here and nowhere else. Text goes in as text: whatever a client can influence, such as a route, a
// statement or an error, is never read as markup.

const svgNamespace = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

// el makes an element. Properties with a dash in their name become attributes, "on" takes listeners, and null or false ones are
// left out.
export function el(name, properties, ...children) {
  return fill(document.createElement(name), properties, children);
}

export function svg(name, properties, ...children) {
  const node = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (key === "on") listen(node, value);
    else if (value !== null && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((c) => c !== null));
  return node;
}

function fill(node, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") listen(node, value);
    else if (key === "class") node.className = value;
    else if (key.includes("-") || key === "role" || key === "scope" || key === "colspan") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
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
  if (node.textContent !== value) node.textContent = value;
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

const whole = 24, tail = 15; // characters of a route that is never cut, and of the end that is always left of a longer one

// named fills a node with the name of a row. Where room is short, the middle of the route is left out, since the ends of routes tell them
// apart: the node is to be a flex box. All of it is its title, and in it as text.
export function named(node, { method, route }, path = "") {
  const full = [method, route || path].filter(Boolean).join(" ");
  if (node.dataset.named === full) return node;
  node.dataset.named = node.title = full;
  const all = [...route || path], at = all.length > whole ? all.length - tail : all.length;
  node.replaceChildren(method ? el("span", { class: "method" }, method + " ") : "", el("span", { class: "start" }, all.slice(0, at).join("")),
    at < all.length ? el("span", { class: "end" }, all.slice(at).join("")) : "");
  return node;
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
