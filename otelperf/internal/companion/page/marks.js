// Marks: the moments at which something was changed. Charts draw a line at each, and an endpoint is compared before and since one.

import { $, el, show, svg, text } from "./dom.js";
import * as format from "./format.js";

export const rowHeight = 13, mostRows = 2;
const longest = 26; // letters of a label

// wide is how many px a label takes at most.
const wide = (label) => 8 + [...label].reduce((sum, c) => sum + (c > "\u2000" ? 12 : /[A-Zmw@%&_]/.test(c) ? 10.5 : 7), 0);

// lay gives each mark between two times its x and a row for its label, so that no two labels lie on each other: rows from 0 on, null for
// a mark whose label has no room. The newest have their room first.
export function lay(marks, begin, end, x, left, right) {
  const taken = Array.from({ length: mostRows }, () => []);
  return marks.filter((m) => new Date(m.time).getTime() >= begin && new Date(m.time).getTime() <= end).map((m) => {
    const at = x(new Date(m.time).getTime()), label = m.text.length > longest ? [...m.text].slice(0, longest - 1).join("") + "\u2026" : m.text;
    const width = wide(label), from = at + width > right ? at - width : at;
    const row = from < left ? -1 : taken.findIndex((all) => all.every(([a, b]) => from + width <= a || from >= b));
    if (row >= 0) taken[row].push([from, from + width]);
    return { mark: m, at, label, row: row < 0 ? null : row, before: from < at };
  });
}

export const rowsOf = (laid) => Math.max(0, ...laid.map((l) => l.row === null ? 0 : l.row + 1));

const title = (m) => svg("title", null, m.text + " (" + m.kind + ", " + format.clock(m.time) + ", by " + m.by + ")");

// lines are the marks from top to floor; labels what is written above them, in rows from y on.
export const lines = (laid, top, floor) => laid.map(({ mark, at }) =>
  svg("path", { d: `M${at.toFixed(1)} ${top}V${floor}`, class: "mark mark-" + mark.kind, "data-mark": mark.id }, title(mark)));

export const labels = (laid, y) => laid.filter((l) => l.row !== null).map(({ mark, at, label, row, before }) =>
  svg("text", { x: (before ? at - 4 : at + 4).toFixed(1), y: y + row * rowHeight, class: "mark-label" + (before ? " end" : "") }, label, title(mark)));

// Comparison is the chosen endpoint before and since the chosen mark.
export class Comparison {
  constructor(choose) {
    $("compare-mark").addEventListener("change", () => choose($("compare-mark").value));
  }

  // marks fills the choice, and returns the mark that is chosen: the newest that has something before it, unless another one was.
  marks(all, now, began) {
    const recent = all.filter((m) => now - new Date(m.time) < 3_600_000), select = $("compare-mark");
    show($("compare"), recent.length > 0);
    const stamp = recent.map((m) => m.id).join();
    if (select.dataset.stamp !== stamp) {
      const chosen = select.dataset.stamp ? select.value : "";
      select.dataset.stamp = stamp;
      select.replaceChildren(...recent.map((m) => el("option", { value: m.id }, format.clock(m.time) + " " + m.text)));
      select.value = (recent.find((m) => m.id === chosen) ?? recent.find((m) => new Date(m.time) > began) ?? recent[0])?.id ?? "";
    }
    return select.value;
  }

  show(c) {
    text($("compare-why"), c.why || "Whole minutes on both sides: " + format.count(c.before.minutes) + " and " + format.count(c.since.minutes) + ". Bounds are of 99 % confidence.");
    const range = (i, unit) => i.value === null ? format.none : unit(i.value) + " (" + (i.low === null ? "?" : unit(i.low)) + " to " + (i.high === null ? "?" : unit(i.high)) + ")";
    const verdict = (c) => el("td", { class: c.real ? "strong" : "muted" }, c.real === null ? "cannot tell" : c.sentence);
    const row = (name, key, unit, change) => el("tr", null, el("td", null, name), el("td", { class: "n" }, range(c.before[key], unit)), el("td", { class: "n" }, range(c.since[key], unit)), verdict(change));
    show($("compare-table"), !c.why);
    $("compare-table").replaceChildren(
      el("thead", null, el("tr", null, ...["", "before", "since", "change"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", null, el("tr", null, el("td", null, "requests"), el("td", { class: "n" }, format.count(c.before.count)), el("td", { class: "n" }, format.count(c.since.count)), el("td", null, "")),
        row("p50", "p50_ms", format.durationText, c.p50), row("p99", "p99_ms", format.durationText, c.p99), row("errors", "error_rate", format.percent, c.errors)));
  }
}
