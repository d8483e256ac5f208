// Latency of one endpoint over time: p50, p95 and p99, the baseline, spikes as bands, marks as lines, slow requests as dots, and below it
// how many requests there were and how many of them failed.

import { $, el, svg } from "./dom.js";
import * as format from "./format.js";
import * as marks from "./marks.js";
import * as past from "./past.js";
import { across, figure, labels, legend, margin, niceTicks, place, Plot, readout, rowHeight, rowsOf, table, tickText, timeTicks } from "./plot.js";

const volumeHeight = 34, mostDots = 30;
const lines = [["p50", "p50_ms"], ["p95", "p95_ms"], ["p99", "p99_ms"]];

const start = (p) => new Date(p.t).getTime(), end = (p) => start(p) + p.seconds * 1000;

// bandsOf is when an endpoint had parts in spikes, between two times, as {spike, open, from, to} in ms. The spikes may have gone on without it.
export const bandsOf = (spikes, row, begin, until) => spikes.flatMap((spike) => {
  const parts = spike.endpoints.filter((e) => e.kind === row.kind && format.name(e) === format.name(row));
  if (parts.length === 0) return [];
  const open = parts.some((e) => !e.end), time = (t) => new Date(t).getTime();
  const from = Math.max(Math.min(...parts.map((e) => time(e.start))), begin), to = Math.min(open ? until : Math.max(...parts.map((e) => time(e.end))), until);
  return to > from ? [{ spike, open, from, to }] : [];
});

export const bandItems = (bands, x) => bands.map(({ spike, open, from }) => ({ at: x(from), label: open ? "spike, open" : "spike", kind: "band", title: spike.reason }));

// bandEdges are lines on top of spikes.
export const bandEdges = (bands, x, top) => bands.map(({ spike, from, to }) =>
  svg("path", { d: `M${x(from).toFixed(1)} ${top}H${Math.max(x(to), x(from) + 2).toFixed(1)}`, class: "band-edge" }, svg("title", null, spike.reason)));

export class Chart extends Plot {
  constructor({ openTrace }) {
    super("chart");
    this.openTrace = openTrace;
    this.marks = [];
    this.slow = [];
  }

  show(series, slow) {
    this.data = series;
    this.slow = slow;
    this.render();
  }

  draw(width, height) {
    const s = this.data;
    this.scale(s, width, height);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height }), a = this.area;
    root.append(...this.gapAreas(), ...this.bandAreas(), ...across(this.ticks, a, (v) => this.y(v), tickText), ...this.volume(s), ...this.reference(s));
    root.append(...timeTicks(this.begin, this.end, (t) => this.x(t), a.left, a.right, a.floor + 15));
    for (const { id, points } of this.then) root.append(svg("path", { d: this.path(points, "p99_ms"), class: "then " + id }));
    for (const [label, key] of lines) root.append(...this.line(s.points, key, label));
    root.append(...marks.lines(this.laid, a.top - 8, a.floor), ...labels(this.laid, 10), ...this.dots());
    this.cursor = svg("path", { class: "cursor", d: "" });
    root.append(this.cursor);
    this.legend(s);
    this.table(s);
    return root;
  }

  scale(s, width, height) {
    const { points } = s;
    this.begin = start(points[0]);
    this.end = Math.max(end(points.at(-1)), this.begin + 30_000);
    this.then = past.lines(s);
    const highest = Math.max(...[s, ...this.then].flatMap((l) => this.within(l.points)).map((p) => p.p99_ms ?? 0), s.baseline_p99_ms ?? 0, 0.01);
    this.ticks = niceTicks(highest * 1.12);
    this.area = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom - volumeHeight - 10, floor: height - margin.bottom };
    const x = (t) => this.x(t);
    this.bands = bandsOf(s.spikes, s, this.begin, this.end);
    this.gaps = past.gaps(s.stored, this.begin, this.end);
    this.laid = place([...bandItems(this.bands, x), ...marks.items(this.marks, this.begin, this.end, x)], this.area.left, this.area.right);
    this.area.top += rowsOf(this.laid) * rowHeight;
  }

  x(t) { return this.area.left + (t - this.begin) / (this.end - this.begin) * (this.area.right - this.area.left); }
  y(ms) { return this.area.bottom - Math.min(ms / this.ticks.at(-1), 1.02) * (this.area.bottom - this.area.top); }
  middle(p) { return (start(p) + end(p)) / 2; } // for the pointer

  bandAreas() {
    const { top, floor } = this.area, x = (t) => this.x(t);
    return [...this.bands.map(({ spike, from, to }) => svg("rect", { x: x(from), y: top - 8, width: Math.max(2, x(to) - x(from)), height: floor - top + 8, class: "band" }, svg("title", null, spike.reason))),
      ...bandEdges(this.bands, x, top - 8)];
  }

  // gapAreas are times that nothing is stored of.
  gapAreas() {
    const { top, floor } = this.area;
    return this.gaps.map(({ from, to }) => svg("rect", { x: this.x(from), y: top - 8, width: Math.max(2, this.x(to) - this.x(from)), height: floor - top + 8, class: "unstored", fill: "url(#pattern-rest)" },
      svg("title", null, "Nothing is stored of " + format.stretch({ from: from / 1000, to: to / 1000 }))));
  }

  reference(s) {
    return s.baseline_p99_ms === null ? [] : [svg("path", { d: `M${this.area.left} ${this.y(s.baseline_p99_ms).toFixed(1)}H${this.area.right}`, class: "baseline" })];
  }

  volume(s) {
    const a = this.area, most = Math.max(...s.points.map((p) => p.rate ?? 0), 0.001);
    const out = [svg("path", { d: `M${a.left} ${a.floor}H${a.right}`, class: "axis" }), svg("text", { x: a.left - 8, y: a.floor - volumeHeight + 13, class: "tick end" }, format.rate(most) + "/s")];
    for (const p of s.points) {
      const from = this.x(start(p)), w = Math.max(0.5, this.x(end(p)) - from - 1.5), h = (p.rate ?? 0) / most * volumeHeight;
      if (h > 0) out.push(svg("rect", { x: from, y: a.floor - h, width: w, height: h, class: "bar" }));
      if (p.error_count > 0) {
        const failed = Math.max(1.5, h * p.error_count / p.count);
        const at = { x: from, y: a.floor - failed, width: w, height: failed };
        out.push(svg("rect", { ...at, class: "bar failed" }), svg("rect", { ...at, fill: "url(#hatch)" }));
      }
    }
    return out;
  }

  // path joins points that follow each other, within the time that is drawn.
  path(points, key) {
    return runsOf(this.within(points), key).map((run) => "M" + run.map((p) => this.x(this.middle(p)).toFixed(1) + " " + this.y(p[key]).toFixed(1)).join("L")).join("");
  }

  within(points) { return points.filter((p) => this.middle(p) >= this.begin && this.middle(p) <= this.end); }

  // line has a step for each point, over the time that it is of: what a minute holds stands where that minute is. The last one ends in a dot.
  line(points, key, label) {
    const at = (p) => [start, end].map((t) => this.x(t(p)).toFixed(1) + " " + this.y(p[key]).toFixed(1)).join("L");
    const runs = runsOf(points, key), dot = (p, r) => svg("circle", { cx: this.x(end(p)), cy: this.y(p[key]), r, class: "end-dot " + label });
    return [svg("path", { d: runs.map((run) => "M" + run.map(at).join("L")).join(""), class: "line " + label }),
      ...runs.filter((run, i) => run.length === 1 || i === runs.length - 1).map((run) => dot(run.at(-1), 2.5))];
  }

  // dots are the slowest requests; those above the scale sit at its edge.
  dots() {
    const done = (e) => new Date(e.time).getTime() + e.duration_ms;
    return this.slow.filter((e) => done(e) >= this.begin && done(e) <= this.end).sort((a, b) => b.duration_ms - a.duration_ms).slice(0, mostDots)
      .map((e) => svg("circle", { cx: this.x(done(e)), cy: this.y(e.duration_ms), r: 3.5, class: "request", on: { click: () => this.openTrace(e.trace_id) } },
        svg("title", null, format.request(e.time, e.duration_ms))));
  }

  legend(s) {
    const { points } = s, some = (f) => points.some(f);
    legend([
      ...lines.map(([label]) => ["line " + label, label]),
      s.baseline_p99_ms !== null && ["usual", "usual p99 " + format.durationText(s.baseline_p99_ms)],
      ...this.then.map((line) => ["then " + line.id, "p99 " + line.label + this.partly(line)]),
      this.bands.length > 0 && ["band", "spike"],
      this.gaps.length > 0 && ["unstored", "nothing is stored" + this.countOfGaps(s.stored)],
      ...marks.legend(this.laid),
      this.dots().length > 0 && ["request", "slow or failed request: click to open it"],
      ["bars", "requests per second"],
      some((p) => p.error_count > 0) && ["bars failed", "of which failed"],
      runsOf(points.filter((p) => !this.inGap(p)), "p99_ms").length > 1 + this.gaps.length && ["gap", "a break in the lines: no requests"],
      ["", "\u2192 time of day, a step for each " + stepText(s.step_seconds, some((p) => p.seconds > 10)) + "; \u2191 duration"],
    ]);
  }

  nearest(x) {
    const distance = (p) => Math.abs(this.x(this.middle(p)) - x);
    return this.data.points.reduce((best, p, i, all) => distance(p) < distance(all[best]) ? i : best, 0);
  }

  move(at, key) {
    const n = this.data.points.length, step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    return step && Math.min(n - 1, Math.max(0, (at ?? n) + step));
  }

  mark(i) {
    this.at = i;
    if (!this.data || !this.area) return;
    const { points, baseline_p99_ms: usual } = this.data, a = this.area;
    const p = i === null ? points.findLast((q) => q.count > 0) : points[Math.min(i, points.length - 1)];
    this.cursor?.setAttribute("d", i === null || !p ? "" : `M${this.x(this.middle(p)).toFixed(1)} ${a.top - 8}V${a.floor}`);
    readout(...(p ? [...reading(p, i === null, usual, this.data.step_seconds), ...this.then.map((line) => figure("p99 " + line.label, format.durationText(this.thenAt(line, p))))] : []));
  }

  // thenAt is the p99 of another day at the time of a point, of the minute before while that runs; null if there is none.
  thenAt({ points }, p) {
    const at = this.middle(p);
    return points.findLast((q) => start(q) <= at && at < end(q) + 60_000)?.p99_ms ?? null;
  }

  // countOfGaps says how many there are, where it is not one, and how many of them are drawn: one may lie before the first point.
  countOfGaps(stored) {
    const all = past.within(stored).length + (stored.more_gaps ?? 0), drawn = this.gaps.length;
    return all === 1 ? "" : ": " + format.count(all) + " gaps" + (drawn < all ? ", " + drawn + " of them drawn" : "");
  }

  // partly says of a line of another day how much is stored, where that is little.
  partly(line) {
    const part = past.partly(line, (this.end - this.begin) / 1000);
    return part && ", of which " + part + " are stored";
  }

  inGap(p) { return this.gaps.some(({ from, to }) => start(p) >= from && end(p) <= to); }

  describe() {
    const s = this.data, last = s.points.findLast((p) => p.p99_ms !== null);
    return "Latency of " + format.name(s) + " over time. " + (last ? "Latest p99 " + format.durationText(last.p99_ms) + (s.baseline_p99_ms === null ? "." : ", usually " + format.durationText(s.baseline_p99_ms) + ".") : "No requests.") + " Arrow keys step through the points.";
  }

  table(s) {
    table($("chart-table"), ["from", "requests", "errors", "p50", "p95", "p99", ...this.then.map(({ label }) => "p99 " + label)],
      s.points.toReversed().map((p) => [when(p, s.step_seconds), format.count(p.count), format.count(p.error_count), ...lines.map(([, k]) => format.durationText(p[k])),
        ...this.then.map((line) => format.durationText(this.thenAt(line, p)))]));
  }
}

// when a point is, with its day where there are several or it is not today.
const when = (p, step) => step > 60 ? format.moment(p.t) : format.whenOf(p.t);

const stepText = (seconds, minutes) => seconds >= 86_400 ? "day" : seconds > 3600 ? seconds / 3600 + " hours" : seconds === 3600 ? "hour" : seconds === 600 ? "ten minutes" : minutes ? "minute" : "10\u202fs";

// runsOf are the points that have a value, in runs without a gap between them.
function runsOf(points, key) {
  const runs = [];
  let last = null;
  for (const p of points) {
    if (p[key] !== null) {
      if (last !== null && start(p) - end(last) < 500) runs.at(-1).push(p);
      else runs.push([p]);
    }
    last = p[key] === null ? null : p;
  }
  return runs;
}

function reading(p, latest, usual, step) {
  const times = usual !== null && p.p99_ms !== null ? " (" + format.times(p.p99_ms / usual) + " the usual)" : "";
  return [el("span", { class: "muted" }, latest ? "latest" : when(p, step)),
    ...lines.map(([label, key]) => figure(label, format.durationText(p[key]) + (label === "p99" ? times : ""), label)),
    el("span", null, el("b", null, format.rate(p.rate)), "\u202f/s"),
    p.error_count ? el("span", { class: "bad" }, format.count(p.error_count) + " failed") : null];
}
