// Latency of one endpoint over time: p50, p95 and p99, the baseline, spikes as bands, marks as lines, slow requests as dots, and below it
// how many requests there were and how many of them failed.

import { $, el, svg, text } from "./dom.js";
import * as format from "./format.js";
import * as marks from "./marks.js";

const margin = { top: 14, right: 12, bottom: 20, left: 52 };
const volumeHeight = 34, mostDots = 30;
const lines = [["p50", "p50_ms"], ["p95", "p95_ms"], ["p99", "p99_ms"]];

export class Chart {
  constructor({ openTrace }) {
    this.box = $("chart");
    this.openTrace = openTrace;
    this.at = null;
    this.marks = [];
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "img");
    this.box.addEventListener("pointermove", (e) => this.point(e));
    this.box.addEventListener("pointerleave", () => this.mark(null));
    this.box.addEventListener("keydown", (e) => this.key(e));
    this.box.addEventListener("blur", () => this.mark(null));
    new ResizeObserver(() => this.render()).observe(this.box);
  }

  show(series, slow) {
    this.series = series;
    this.slow = slow;
    this.render();
  }

  // setMarks takes the marks, newest first.
  setMarks(all) {
    if (JSON.stringify(all) === JSON.stringify(this.marks)) return;
    this.marks = all;
    this.render();
  }

  clear(message) {
    this.series = null;
    this.box.replaceChildren(el("p", { class: "empty" }, message));
    text($("chart-readout"), "");
    $("chart-table").replaceChildren();
  }

  render() {
    const s = this.series, width = this.box.clientWidth;
    if (!s || width < 80) return;
    const height = this.box.clientHeight;
    this.scale(s, width, height);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height });
    root.append(...this.bands(s), ...this.axes(), ...this.volume(s), ...this.reference(s));
    for (const [label, key] of lines) root.append(svg("path", { d: this.path(s.points, key), class: "line " + label }));
    root.append(...marks.lines(this.laid, this.area.top - 8, this.area.floor), ...marks.labels(this.laid, 9), ...this.lastDots(s), ...this.dots());
    this.cursor = svg("path", { class: "cursor", d: "" });
    root.append(this.cursor);
    this.box.replaceChildren(root);
    this.box.setAttribute("aria-label", this.describe(s));
    this.table(s);
    this.mark(this.at);
  }

  scale(s, width, height) {
    const points = s.points;
    this.begin = new Date(points[0].t).getTime();
    const last = points.at(-1);
    this.end = Math.max(new Date(last.t).getTime() + last.seconds * 1000, this.begin + 30_000);
    const highest = Math.max(...points.map((p) => p.p99_ms ?? 0), s.baseline_p99_ms ?? 0, 0.01);
    this.ticks = niceTicks(highest * 1.12);
    this.top = this.ticks.at(-1);
    this.area = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom - volumeHeight - 8, floor: height - margin.bottom };
    this.laid = marks.lay(this.marks, this.begin, this.end, (t) => this.x(t), this.area.left, this.area.right);
    this.area.top += marks.rowsOf(this.laid) * marks.rowHeight;
  }

  x(t) { return this.area.left + (t - this.begin) / (this.end - this.begin) * (this.area.right - this.area.left); }
  y(ms) { return this.area.bottom - Math.min(ms / this.top, 1.02) * (this.area.bottom - this.area.top); }
  middle(p) { return new Date(p.t).getTime() + p.seconds * 500; }

  axes() {
    const a = this.area, out = [];
    for (const tick of this.ticks) {
      const y = this.y(tick).toFixed(1);
      out.push(svg("path", { d: `M${a.left} ${y}H${a.right}`, class: tick === 0 ? "axis" : "grid" }));
      out.push(svg("text", { x: a.left - 8, y: Number(y) + 3.5, class: "tick end" }, tick === 0 ? "0" : format.durationText(tick)));
    }
    const step = timeStep(this.end - this.begin, (a.right - a.left) / 90);
    for (let t = Math.ceil(this.begin / step) * step; t <= this.end; t += step) {
      const x = this.x(t), date = new Date(t);
      if (x > a.right - 14 || x < a.left + 10) continue;
      out.push(svg("text", { x, y: a.floor + 15, class: "tick middle" }, step < 60_000 ? format.clock(date) : format.minute(date)));
    }
    return out;
  }

  // bands are the times of spikes.
  bands(s) {
    const a = this.area;
    return s.spikes.flatMap((spike) => {
      const from = Math.max(new Date(spike.start).getTime(), this.begin);
      const to = Math.min(spike.end ? new Date(spike.end).getTime() : this.end, this.end);
      if (to <= from) return [];
      const x = this.x(from), w = Math.max(2, this.x(to) - x);
      return [svg("rect", { x, y: a.top - 8, width: w, height: a.floor - a.top + 8, class: "band" }, svg("title", null, spike.reason)),
        svg("path", { d: `M${x} ${a.top - 8}H${x + w}`, class: "band-edge" }),
        w > 60 ? svg("text", { x: x + 6, y: a.top + 12, class: "band-label" }, spike.end ? "spike" : "spike, open") : null].filter(Boolean);
    });
  }

  reference(s) {
    const a = this.area, out = [];
    if (s.baseline_p99_ms !== null) {
      const y = this.y(s.baseline_p99_ms);
      out.push(svg("path", { d: `M${a.left} ${y}H${a.right}`, class: "baseline" }), svg("text", { x: a.left + 6, y: y - 5, class: "baseline-label" }, "usual p99 " + format.durationText(s.baseline_p99_ms)));
    }
    return out;
  }

  volume(s) {
    const a = this.area, most = Math.max(...s.points.map((p) => p.rate ?? 0), 0.001);
    const out = [svg("path", { d: `M${a.left} ${a.floor}H${a.right}`, class: "axis" }), svg("text", { x: a.left - 8, y: a.floor - volumeHeight + 9, class: "tick end" }, format.rate(most) + "/s")];
    for (const p of s.points) {
      const from = this.x(new Date(p.t).getTime()), to = this.x(new Date(p.t).getTime() + p.seconds * 1000);
      const h = (p.rate ?? 0) / most * volumeHeight, w = Math.max(0.5, to - from - 1.5);
      if (h > 0) out.push(svg("rect", { x: from, y: a.floor - h, width: w, height: h, class: "bar" }));
      if (p.error_count > 0) {
        const failed = Math.max(1.5, h * p.error_count / p.count);
        out.push(svg("rect", { x: from, y: a.floor - failed, width: w, height: failed, class: "bar failed" }));
      }
    }
    return out;
  }

  path(points, key) {
    let d = "", pen = false;
    for (const p of points) {
      if (p[key] === null) {
        pen = false;
        continue;
      }
      d += (pen ? "L" : "M") + this.x(this.middle(p)).toFixed(1) + " " + this.y(p[key]).toFixed(1);
      pen = true;
    }
    return d;
  }

  lastDots(s) {
    const last = s.points.findLast((p) => p.p99_ms !== null);
    if (!last) return [];
    return lines.map(([label, key]) => svg("circle", { cx: this.x(this.middle(last)), cy: this.y(last[key]), r: 2.5, class: "end-dot " + label }));
  }

  // dots are the slowest requests; those above the scale sit at its edge.
  dots() {
    const shown = this.slow.filter((e) => new Date(e.time).getTime() + e.duration_ms >= this.begin).sort((a, b) => b.duration_ms - a.duration_ms).slice(0, mostDots);
    return shown.flatMap((e) => {
      const t = new Date(e.time).getTime() + e.duration_ms;
      if (t < this.begin || t > this.end) return [];
      return [svg("circle", { cx: this.x(t), cy: this.y(e.duration_ms), r: 3.5, class: "request", on: { click: () => this.openTrace(e.trace_id) } }, svg("title", null, format.durationText(e.duration_ms) + ", open"))];
    });
  }

  point(event) {
    if (!this.series) return;
    const x = event.clientX - this.box.getBoundingClientRect().left;
    let best = null, distance = Infinity;
    this.series.points.forEach((p, i) => {
      const d = Math.abs(this.x(this.middle(p)) - x);
      if (d < distance) [best, distance] = [i, d];
    });
    this.mark(best);
  }

  key(event) {
    const n = this.series?.points.length ?? 0, step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !n) return;
    event.preventDefault();
    this.mark(Math.min(n - 1, Math.max(0, (this.at ?? n) + step)));
  }

  // mark shows the figures of one point, of the latest for null.
  mark(i) {
    this.at = i;
    const points = this.series?.points ?? [];
    const p = i === null ? points.findLast((q) => q.count > 0) : points[Math.min(i, points.length - 1)];
    const a = this.area;
    this.cursor?.setAttribute("d", i === null || !p ? "" : `M${this.x(this.middle(p)).toFixed(1)} ${a.top - 8}V${a.floor}`);
    $("chart-readout").replaceChildren(...(p ? readout(p, i === null) : []));
  }

  describe(s) {
    const last = s.points.findLast((p) => p.p99_ms !== null);
    return "Latency of " + format.name(s) + " over time. " + (last ? "Latest p99 " + format.durationText(last.p99_ms) + (s.baseline_p99_ms === null ? "." : ", usually " + format.durationText(s.baseline_p99_ms) + ".") : "No requests.") + " Arrow keys step through the points.";
  }

  table(s) {
    const head = el("thead", null, el("tr", null, ...["from", "requests", "errors", "p50", "p95", "p99"].map((h, i) => el("th", { scope: "col", class: i ? "n" : "" }, h))));
    const rows = s.points.toReversed().map((p) => el("tr", null, el("td", null, format.clock(p.t)), ...[format.count(p.count), format.count(p.error_count), ...lines.map(([, k]) => format.durationText(p[k]))].map((v) => el("td", { class: "n" }, v))));
    $("chart-table").replaceChildren(head, el("tbody", null, ...rows));
  }
}

function readout(p, latest) {
  return [el("span", { class: "muted" }, latest ? "latest" : format.clock(p.t)),
    ...lines.map(([label, key]) => el("span", null, el("i", { class: "swatch " + label }), label + " ", el("b", null, format.durationText(p[key])))),
    el("span", null, el("b", null, format.rate(p.rate)), "\u202f/s"),
    p.error_count ? el("span", { class: "bad" }, format.count(p.error_count) + " failed") : null].filter(Boolean);
}

// niceTicks are 0 and up to five round steps that reach max.
function niceTicks(max) {
  const raw = max / 4, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((x) => x >= raw);
  const out = [0];
  while (out.at(-1) < max) out.push(Number((out.at(-1) + step).toPrecision(6)));
  return out;
}

function timeStep(span, most) {
  const steps = [10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600].map((s) => s * 1000);
  return steps.find((s) => span / s <= most) ?? steps.at(-1);
}
