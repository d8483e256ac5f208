// How long the requests of an endpoint took over time: a column for each minute, a row for each range of durations, the darker (in the dark,
// the brighter) the more requests. One hue alone changes, from faint to strong, so that no colour has to be told from another.

import { bandEdges, bandItems, bandsOf } from "./chart.js";
import { $, el, svg } from "./dom.js";
import { between } from "./distribution.js";
import * as format from "./format.js";
import * as marks from "./marks.js";
import { durationTicks, figure, labels, legend, margin, place, Plot, readout, rowHeight, rowsOf, table, tickText, timeTicks } from "./plot.js";

const levels = 6;

// limitsOf are the most requests of each level: about as many times more from one to the next.
function limitsOf(most) {
  const limits = [];
  for (let k = 1; k <= levels; k++) limits.push(Math.max((limits.at(-1) ?? 0) + 1, Math.round((1 + most) ** (k / levels)) - 1));
  return limits.filter((limit, i) => i === 0 || limits[i - 1] < most);
}

export class Heatmap extends Plot {
  constructor() {
    super("heatmap");
    this.marks = [];
    $("chart-details").addEventListener("toggle", () => this.table());
  }

  // show takes the answer of endpoints/heatmap, and the spikes of the endpoint.
  show(answer, spikes) {
    if (answer.bounds_ms.length === 0) {
      this.clear("No requests in this time.");
      return;
    }
    this.data = answer;
    this.spikes = spikes;
    this.render();
  }

  draw(width, height) {
    const { bounds_ms: bounds, columns } = this.data, x = (t) => this.x(t);
    this.begin = new Date(columns[0].t).getTime();
    this.end = Math.max(new Date(columns.at(-1).t).getTime() + columns.at(-1).seconds * 1000, this.begin + 30_000);
    const a = this.area = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
    const bands = bandsOf(this.spikes, this.data, this.begin, this.end);
    const laid = place([...bandItems(bands, x), ...marks.items(this.marks, this.begin, this.end, x)], a.left, a.right);
    a.top += rowsOf(laid) * rowHeight;
    this.limits = limitsOf(Math.max(1, ...columns.flatMap((c) => c.counts)));
    this.cursor = svg("path", { class: "heat-cursor", d: "" });
    const usual = this.data.baseline_p99_ms, shown = usual !== null && usual >= bounds[0] && usual <= bounds.at(-1);
    legend([...this.limits.map((limit, i) => ["heat-" + (i + 1), this.range(i) + (i > 0 ? "" : limit === 1 ? " request" : " requests")]), shown && ["usual", "usual p99 " + format.durationText(usual)],
      bands.length > 0 && ["edge", "spike"], ...marks.legend(laid), ["", "\u2192 time of day; \u2191 duration (logarithmic)"]]);
    this.table();
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height },
      ...this.cells(), svg("path", { d: `M${a.left} ${a.top}V${a.bottom}H${a.right}`, class: "axis" }),
      ...durationTicks(bounds[0] || bounds[1] / 2, bounds.at(-1), (a.bottom - a.top) / 20).map((t) => svg("text", { x: a.left - 8, y: this.y(t) + 3.5, class: "tick end" }, tickText(t))),
      ...timeTicks(this.begin, this.end, x, a.left, a.right, a.bottom + 15),
      shown ? svg("path", { d: `M${a.left} ${this.y(usual).toFixed(1)}H${a.right}`, class: "baseline over" }) : null,
      ...bandEdges(bands, x, a.top - 4), ...marks.lines(laid, a.top - 4, a.bottom), ...labels(laid, 10), this.cursor);
  }

  x(t) { return this.area.left + (t - this.begin) / (this.end - this.begin) * (this.area.right - this.area.left); }

  y(ms) {
    const { bounds_ms: bounds } = this.data, lo = Math.log(bounds[0] || bounds[1] / 2), hi = Math.log(bounds.at(-1));
    return this.area.bottom - (Math.log(Math.max(ms, 1e-6)) - lo) / (hi - lo) * (this.area.bottom - this.area.top);
  }

  range(level) {
    const from = (this.limits[level - 1] ?? 0) + 1, to = this.limits[level];
    return from === to ? format.count(to) : format.count(from) + "\u2013" + format.count(to);
  }

  // cells are one path for each level.
  cells() {
    const { columns } = this.data, paths = this.limits.map(() => "");
    columns.forEach((c, i) => c.counts.forEach((n, k) => {
      if (n > 0) paths[this.limits.findIndex((limit) => n <= limit)] += this.outline(i, k, 0.5);
    }));
    return paths.map((d, level) => svg("path", { d, class: "heat-" + (level + 1) }));
  }

  // outline goes around a cell, with some px to its neighbours.
  outline(column, row, gap) {
    const c = this.data.columns[column], from = this.x(new Date(c.t).getTime()), to = this.x(new Date(c.t).getTime() + Math.max(c.seconds, 1) * 1000);
    const top = this.y(this.data.bounds_ms[row + 1]), bottom = this.y(this.data.bounds_ms[row]);
    return `M${from.toFixed(1)} ${(top + gap / 2).toFixed(1)}H${Math.max(to - gap, from + 0.5).toFixed(1)}V${(bottom - gap / 2).toFixed(1)}H${from.toFixed(1)}Z`;
  }

  nearest(x, y) {
    const { columns, bounds_ms: bounds } = this.data;
    const column = columns.findIndex((c) => this.x(new Date(c.t).getTime() + c.seconds * 1000) >= x), row = bounds.slice(1).findIndex((b) => this.y(b) <= y);
    return { column: column < 0 ? columns.length - 1 : column, row: row < 0 ? bounds.length - 2 : row };
  }

  // move goes to the next cell, at first to the one of the latest minute that has the most requests.
  move(at, key) {
    const { columns, bounds_ms: bounds } = this.data, [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (!at) {
      const column = Math.max(0, columns.findLastIndex((c) => c.count > 0)), { counts } = columns[column];
      return { column, row: counts.indexOf(Math.max(...counts)) };
    }
    return { column: Math.min(columns.length - 1, Math.max(0, at.column + dx)), row: Math.min(bounds.length - 2, Math.max(0, at.row + dy)) };
  }

  mark(at) {
    this.at = at;
    if (!this.data || !this.area) return;
    const { columns, bounds_ms: bounds } = this.data;
    if (!at || at.column >= columns.length || at.row >= bounds.length - 1) {
      this.cursor?.setAttribute("d", "");
      readout(el("span", { class: "muted" }, format.plural(columns.reduce((sum, c) => sum + c.count, 0), "request") + " from " + format.whenOf(columns[0].t) + " on"));
      return;
    }
    const c = columns[at.column];
    this.cursor?.setAttribute("d", this.outline(at.column, at.row, -1));
    readout(el("span", { class: "muted" }, format.whenOf(c.t)), el("span", null, between({ from: bounds[at.row], to: bounds[at.row + 1] })),
      figure("", format.count(c.counts[at.row])), el("span", null, "of " + format.plural(c.count, "request")));
  }

  describe() {
    return "Durations of the requests of " + format.name(this.data) + " over time, as a heatmap. Arrow keys step through its cells.";
  }

  // table is made while it is open: it has as many cells as the drawing.
  table() {
    if (!this.data || this.box.hidden || !$("chart-details").open) return;
    const { bounds_ms: bounds, columns } = this.data;
    table($("chart-table"), ["from", "requests", ...bounds.slice(1).map((b) => "\u2264\u202f" + tickText(b))],
      columns.toReversed().map((c) => [format.whenOf(c.t), format.count(c.count), ...c.counts.map((n) => n ? format.count(n) : "")]));
  }
}
