// Names of rows: where room is short they are cut so that those that stand in one list stay different. What is left out is still in the text
// of the node, for readers of screens, searches and copies.

import { distinct } from "./distinct.js";
import { $, el, toggle } from "./dom.js";
import { visible } from "./format.js";

const fewest = 12; // columns
const lists = "table, ol, ul, .section-head"; // the nodes in one are cut together

const texts = new WeakMap(); // the path of each node
const shown = new WeakMap(); // the stamp of what each path shows, and of what each list has
const waiting = new Set(); // nodes and lists
const watched = new WeakSet(); // lists, and in each a node of each column
const widths = new WeakMap(); // of what is watched when its list was cut last, in whole pixels
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  if (widths.get(target) !== widthOf(target)) later(target);
}));
const fonts = new Map(); // px of a column, by font

// named fills a node with the name of a row. All of it is its title, too.
export function named(node, { method, route }, path = "") {
  const text = visible(route || path, true), full = [visible(method ?? "", true), text].filter(Boolean).join(" ");
  if (node.dataset.named === full) return node;
  node.dataset.named = node.title = full;
  node.classList.add("named");
  texts.set(node, text);
  node.replaceChildren(method ? el("span", { class: "method" }, visible(method, true) + " ") : "", el("span", { class: "path" }, text));
  shown.delete(node);
  later(node);
  return node;
}

function later(target) {
  if (waiting.size === 0) requestAnimationFrame(cutAll);
  waiting.add(target);
}

function cutAll() {
  const boxes = new Set([...waiting].map((n) => n.closest(lists)).filter(Boolean));
  waiting.clear();
  if (boxes.has($("endpoints"))) for (const head of document.querySelectorAll(".section-head:has(.named)")) boxes.add(head);
  for (const box of boxes) cutOf(box);
}

const widthOf = (node) => Math.round(node.getBoundingClientRect().width);

// watch has a list cut again when the room of a node in it changes, as by other columns that become wider.
function watch(node) {
  if (watched.has(node)) return;
  watched.add(node);
  sizes.observe(node);
}

// watchedIn are the nodes whose room is that of the names of a list: the list and, in a table, a cell of each column of names.
function watchedIn(box, nodes) {
  const cells = new Map();
  for (const cell of nodes.map((n) => n.closest("td, th"))) if (cell && !cells.has(cell.cellIndex)) cells.set(cell.cellIndex, cell);
  return [box, ...cells.values(), ...nodes.slice(0, 1)];
}

// cutOf cuts the names of a list that have too little room, that of a heading so that it is none of the endpoints'.
function cutOf(box) {
  const head = box.matches(".section-head"), nodes = [...box.querySelectorAll(".named")].filter((n) => n.clientWidth > 0 && texts.get(n));
  nodes.forEach((n) => put(n, [{ text: texts.get(n), shown: true }], false)); // what room there is must not depend on what is shown
  cutTight(box, head, nodes);
  for (const node of watchedIn(box, nodes)) {
    watch(node);
    widths.set(node, widthOf(node)); // what the cutting itself has changed is no reason to cut again
  }
}

function cutTight(box, head, nodes) {
  const tight = nodes.filter((n) => overflows(n.querySelector(".path")));
  if (tight.length === 0) return;
  const columns = Math.max(fewest, Math.min(...tight.map(columnsOf)));
  const among = head ? [...$("endpoints").querySelectorAll(".named")] : [], names = [...tight, ...among].map((n) => texts.get(n));
  const stamp = columns + " " + names.join("\n");
  if (shown.get(box)?.stamp !== stamp) shown.set(box, { stamp, one: distinct(names, columns), two: null });
  const cut = shown.get(box);
  tight.forEach((node, i) => {
    const { alike } = cut.one[i];
    if (alike) cut.two ??= distinct(names, 2 * columns - 2);
    put(node, (alike ? cut.two : cut.one)[i].runs, alike);
  });
}

const overflows = (path) => path.scrollWidth > path.clientWidth;

// put shows the runs of a name, on two lines where that takes two.
function put(node, runs, two) {
  const stamp = JSON.stringify(runs);
  toggle(node, "two", two);
  if (shown.get(node) === stamp) return;
  shown.set(node, stamp);
  node.querySelector(".path").replaceChildren(...runs.map((r) => r.shown ? r.text : el("span", { class: "cut" }, r.text)));
}

function columnsOf(node) {
  const path = node.querySelector(".path"), style = getComputedStyle(path), font = style.fontWeight + " " + style.fontSize + " " + style.fontFamily;
  if (!fonts.has(font)) {
    const context = document.createElement("canvas").getContext("2d");
    context.font = font;
    fonts.set(font, context.measureText("0".repeat(100)).width / 100);
  }
  return Math.floor((node.getBoundingClientRect().right - path.getBoundingClientRect().left) / fonts.get(font));
}
