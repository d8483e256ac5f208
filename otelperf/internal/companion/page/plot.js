// What the drawings of the page have in common: their edges, ticks, labels that keep clear of each other, and the reading of one place by
// pointer and arrow keys. Nothing but lines and areas is drawn inside of the edges: all text lies above, beside or below.

import { $, el, svg, text } from "./dom.js";
import * as format from "./format.js";

export const margin = { top: 14, right: 14, bottom: 20, left: 56 };
export const rowHeight = 14;
const mostRows = 3, longest = 26, shortest = 5; // rows of labels, and letters of one

// wide is how many px a label takes at most.
export const wide = (label) => 8 + [...label].reduce((sum, c) => sum + (c > "\u2000" ? 12 : /[A-Zmw@%&_]/.test(c) ? 10.5 : 7), 0);

// fitting is a label with as many letters as there is room for; "" for too few.
function fitting(label, room) {
  const letters = [...label];
  if (letters.length <= longest && wide(label) <= room) return label;
  for (let n = Math.min(longest, letters.length) - 1; n >= shortest; n--) {
    const cut = letters.slice(0, n).join("") + "\u2026";
    if (wide(cut) <= room) return cut;
  }
  return "";
}

// place gives each item with an x (at) and a label a row for it, from 0 on, on the side of its x where there is room, so that no two
// labels lie on each other; null where there is no room. The first items have their room first.
export function place(items, left, right) {
  const taken = Array.from({ length: mostRows }, () => []);
  return items.map((item) => {
    const free = (label, from) => label && taken.findIndex((all) => all.every(([a, b]) => from + wide(label) <= a || from >= b));
    const after = fitting(item.label, right - item.at), ahead = fitting(item.label, item.at - left);
    for (const [label, from] of after.length >= ahead.length ? [[after, item.at], [ahead, item.at - wide(ahead)]] : [[ahead, item.at - wide(ahead)], [after, item.at]]) {
      const row = label ? free(label, from) : -1;
      if (row >= 0) {
        taken[row].push([from, from + wide(label)]);
        return { ...item, label, row, before: from < item.at };
      }
    }
    return { ...item, row: null };
  });
}

export const rowsOf = (placed) => Math.max(0, ...placed.map((p) => p.row === null ? 0 : p.row + 1));

// labels are those that have a row, from y on.
export const labels = (placed, y) => placed.filter((p) => p.row !== null).map(({ at, label, row, before, kind, title }) =>
  svg("text", { x: (before ? at - 4 : at + 4).toFixed(1), y: y + row * rowHeight, class: kind + "-label" + (before ? " end" : "") }, label, title ? svg("title", null, title) : null));

// niceTicks are 0 and up to five round steps that reach max.
export function niceTicks(max) {
  const raw = max / 4, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((x) => x >= raw);
  const out = [0];
  while (out.at(-1) < max) out.push(Number((out.at(-1) + step).toPrecision(6)));
  return out;
}

// durationTicks are 1, 2 and 5 times powers of ten between two durations, or less of them, so that there are at most most.
export function durationTicks(lo, hi, most) {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const out = [];
    for (let power = 10 ** Math.floor(Math.log10(lo)); power <= hi; power *= 10) {
      for (const step of steps) if (power * step >= lo * 0.999 && power * step <= hi * 1.001) out.push(Number((power * step).toPrecision(3)));
    }
    if (out.length <= most || steps.length === 1) return out.filter((_, i) => i % Math.ceil(out.length / Math.max(1, most)) === 0);
  }
}

export const tickText = (ms) => ms === 0 ? "0" : ms >= 60_000 ? format.three(ms / 60_000).replace(/\.?0+$/, "") + "\u202fmin" : format.durationText(ms).replace(/\.0+(?=\u202f)/, "");

// timeTicks are the times of day below a drawing.
export function timeTicks(begin, end, x, left, right, y) {
  const steps = [10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000].map((s) => s * 1000), most = (right - left) / 70;
  const step = steps.find((s) => (end - begin) / s <= most) ?? steps.at(-1), out = [];
  const offset = step > 3_600_000 ? new Date(begin).getTimezoneOffset() * 60_000 : 0; // days begin at midnight here
  for (let t = Math.ceil((begin - offset) / step) * step + offset; t <= end; t += step) {
    if (x(t) > right - 16 || x(t) < left + 10) continue;
    out.push(svg("text", { x: x(t), y, class: "tick middle" }, step < 60_000 ? format.clock(t) : step < 86_400_000 ? format.minute(new Date(t)) : format.date(t)));
  }
  return out;
}

// across draws a line for each value of an axis, with its text beside it.
export const across = (ticks, a, y, write) => ticks.flatMap((tick, i) => [
  svg("path", { d: `M${a.left} ${y(tick).toFixed(1)}H${a.right}`, class: i === 0 ? "axis" : "grid" }),
  svg("text", { x: a.left - 8, y: y(tick) + 3.5, class: "tick end" }, write(tick))]);

// legend says what is what: [class of the swatch, text, class of the text] each; null is left out.
export function legend(items) {
  const shown = items.filter(Boolean), stamp = JSON.stringify(shown), node = $("chart-legend");
  if (node.dataset.stamp === stamp) return;
  node.dataset.stamp = stamp;
  node.replaceChildren(...shown.map(([kind, said]) => el("li", null, kind ? el("i", { class: "swatch " + kind, "aria-hidden": "true" }) : null, said)));
}

// Plot is a drawing in a box that is drawn again when its size or its data change. What is drawn is a subclass's: draw(width, height)
// returns an svg, describe() a text for it, nearest(x, y) the place at a point, move(place, key) the one that an arrow key leads to, and
// mark(place) shows the figures of one, of the latest for null.
export class Plot {
  constructor(id) {
    this.box = $(id);
    this.at = null;
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "img");
    this.box.addEventListener("pointermove", (e) => this.point(e));
    this.box.addEventListener("pointerleave", () => this.mark(null));
    this.box.addEventListener("keydown", (e) => this.key(e));
    this.box.addEventListener("blur", () => this.leave());
    new ResizeObserver(() => this.render()).observe(this.box);
  }

  render() {
    const width = this.box.clientWidth;
    if (!this.data || width < 80) return;
    this.box.replaceChildren(this.draw(width, this.box.clientHeight));
    this.box.setAttribute("aria-label", format.visible(this.describe()));
    this.mark(this.at);
  }

  clear(message) {
    this.data = null;
    this.box.replaceChildren(el("p", { class: "empty" }, message));
    this.box.setAttribute("aria-label", message);
    text($("chart-readout"), "");
    $("chart-table").replaceChildren();
    legend([]);
  }

  point(event) {
    if (!this.data || !this.area) return;
    const box = this.box.getBoundingClientRect();
    this.mark(this.nearest(event.clientX - box.left, event.clientY - box.top));
  }

  // key steps through the places; what it comes to is read out.
  key(event) {
    if (!this.data || !event.key.startsWith("Arrow")) return;
    const to = this.move(this.at, event.key);
    if (to === undefined) return;
    event.preventDefault();
    $("chart-readout").setAttribute("aria-live", "polite");
    this.mark(to);
  }

  leave() {
    $("chart-readout").setAttribute("aria-live", "off");
    this.mark(null);
  }
}

export const figure = (name, value, swatch = "") => el("span", null, swatch ? el("i", { class: "swatch " + swatch }) : null, name ? name + " " : null, el("b", null, value));

export const readout = (...parts) => $("chart-readout").replaceChildren(...parts.filter(Boolean));

// table fills the table below a drawing: rows of texts, the first of each not a number.
export function table(node, head, rows) {
  node.replaceChildren(el("thead", null, el("tr", null, ...head.map((h, i) => el("th", { scope: "col", class: i ? "n" : "" }, h)))),
    el("tbody", null, ...rows.map((row) => el("tr", null, ...row.map((v, i) => el("td", { class: i ? "n" : "" }, v))))));
}
