// What the Go runtime, the system and the pools tell beside the latency: a strip for each signal that matters, on the time axis of the
// chart above, with what is usual drawn in. What is beyond its normal is red.

import { $, el, show, svg, text, toggle } from "./dom.js";
import * as format from "./format.js";
import * as marks from "./marks.js";
import { labels, margin, rowHeight, rowsOf } from "./plot.js";

const height = 46, floor = height - 1, head = 18;

const names = {
  gc_cpu: "GC", gc_assist: "GC work of others", pause: "Longest stop of the world", sched_latency: "Waiting for a CPU, p99", runnable: "Goroutines without a CPU",
  mutex_wait: "Goroutines waiting for locks", cpu: "CPUs used", cpu_throttled: "CPU throttled", memory_pressure: "Waiting for memory", heap_live: "Live heap", goroutines: "Goroutines",
  pool_waiting: "Waiting for pool ", pool_in_use: "In use of pool ",
};
const always = ["gc_cpu", "sched_latency", "mutex_wait", "cpu_throttled", "pool_waiting"];
const least = { "1": 0.05, ms: 1, By: 1 << 20 }; // the smallest scale, so that noise looks small

const label = (s) => (names[s.name] ?? s.name) + (s.pool ?? "");

function amount(s, x) {
  if (x === null) return format.none;
  if (s.unit === "1") return format.percent(x);
  if (s.unit === "ms") return format.durationText(x);
  if (s.unit === "By") return format.bytes(x);
  return x >= 10 ? x.toFixed(0) : x < 0.05 ? "0" : x.toFixed(1).replace(/\.0$/, "");
}

export class Runtime {
  constructor() {
    this.box = $("runtime");
    this.marks = [];
    this.box.addEventListener("pointermove", (e) => this.point(e));
    this.box.addEventListener("pointerleave", () => this.mark(null));
    new ResizeObserver(() => this.render()).observe(this.box);
  }

  // axis is the time that the chart shows; null for none.
  axis(begin, end) {
    [this.begin, this.end] = [begin, end];
    this.render();
  }

  // setMarks takes the marks, newest first.
  setMarks(all) {
    if (JSON.stringify(all) === JSON.stringify(this.marks)) return;
    this.marks = all;
    this.render();
  }

  show(series) {
    this.series = series;
    this.state();
    this.table();
    this.render();
  }

  state() {
    const { unusual, notes, signals } = this.series;
    const learning = signals.every((s) => s.limit === null), then = this.series.from !== undefined;
    text($("runtime-state"), unusual.length ? "" : then ? (signals.length ? "as stored" : sentence(notes)) : learning ? "learning what is usual" : "as usual");
    show($("runtime-unusual"), unusual.length > 0);
    $("runtime-unusual").replaceChildren(...sentences(unusual));
    show($("runtime-notes"), notes.length > 0);
    text($("runtime-notes"), sentence(notes));
  }

  // render draws the strips of what is always shown, where it is known, and of what was beyond its normal in this time; of a time of which that
  // is not known of all that there was.
  render() {
    const s = this.series, width = this.box.clientWidth;
    if (!s || width < 80) return;
    if (!s.signals.length) {
      this.strips = [];
      this.box.replaceChildren();
      return;
    }
    const start = new Date(s.start).getTime(), length = s.signals[0].values.length * s.step_seconds * 1000;
    const begin = this.begin ?? start, end = this.end ?? start + length;
    const seen = (line) => line.values.filter((v, i) => v !== null && start + i * s.step_seconds * 1000 >= begin);
    const shown = s.signals.filter((line) => {
      const values = seen(line);
      return values.length > 0 && (always.includes(line.name) || s.from !== undefined && values.some((v) => v > 0) || line.limit !== null && values.some((v) => v > line.limit));
    });
    this.x = (i) => margin.left + (start + (i + 0.5) * s.step_seconds * 1000 - begin) / (end - begin) * (width - margin.left - margin.right);
    this.width = width;
    const laid = marks.lay(this.marks, begin, end, (t) => margin.left + (t - begin) / (end - begin) * (width - margin.left - margin.right), margin.left, width - margin.right);
    this.strips = shown.map((line) => new Strip(line, this.x, width, Math.max(...seen(line)), laid));
    this.box.replaceChildren(...header(laid, width), ...this.strips.map((strip) => strip.node));
    this.mark(this.at ?? null);
  }

  point(event) {
    const s = this.series;
    if (!s?.signals.length || !this.x) return;
    const x = event.clientX - this.box.getBoundingClientRect().left;
    const i = Math.round((x - this.x(0)) / (this.x(1) - this.x(0)));
    this.mark(Math.min(s.signals[0].values.length - 1, Math.max(0, i)));
  }

  // mark shows the values of one time, of now for null.
  mark(i) {
    this.at = i;
    for (const strip of this.strips ?? []) strip.mark(i);
    text($("runtime-at"), i === null ? "" : format.clock(new Date(this.series.start).getTime() + i * this.series.step_seconds * 1000));
  }

  table() {
    const head = el("thead", null, el("tr", null, ...["signal", this.series.from ? "mean" : "now", "usual", "limit"].map((h, i) => el("th", { scope: "col", class: i ? "n" : "" }, h))));
    const rows = this.series.signals.map((s) => el("tr", null, el("td", null, label(s)), ...[s.now, s.usual, s.limit].map((x) => el("td", { class: "n" }, amount(s, x)))));
    const pools = this.series.pools.map((p) => el("tr", null, el("td", null, "Pool " + p.name), el("td", { class: "n", colspan: 3 },
      p.in_use + " of " + (p.max || p.open) + " in use" + (p.age_seconds === null ? ", no answer yet" : p.age_seconds > 3 ? ", " + format.span(p.age_seconds) + " ago" : ""))));
    $("runtime-table").replaceChildren(head, el("tbody", null, ...rows, ...pools));
  }
}

const sentence = (notes) => notes.map((n) => (n[0].toUpperCase() + n.slice(1)).replace(/\.$/, "")).join(". ") + ".";

// header has the labels of the marks, above all strips.
function header(laid, width) {
  const high = rowsOf(laid) * rowHeight;
  return high ? [svg("svg", { viewBox: `0 0 ${width} ${high}`, width, height: high, "aria-hidden": "true" }, ...labels(laid, 10))] : [];
}

// Strip is one signal over time.
class Strip {
  constructor(line, x, width, highest, laid) {
    this.line = line;
    this.x = x;
    this.width = width;
    this.top = Math.max(highest, 2 * (line.usual ?? 0), least[line.unit] ?? 1);
    this.value = svg("text", { x: width - margin.right, y: 12, class: "strip-value" });
    this.cursor = svg("path", { class: "cursor", d: "" });
    const parts = [svg("path", { d: `M${margin.left} ${floor}H${width - margin.right}`, class: "axis" }),
      svg("text", { x: margin.left - 8, y: head + 6, class: "tick end" }, amount(line, this.top))];
    if (line.usual !== null) parts.push(svg("path", { d: `M${margin.left} ${this.y(line.usual)}H${width - margin.right}`, class: "baseline" }));
    parts.push(svg("path", { d: this.area(), class: "strip-area" }), svg("path", { d: this.path(() => true), class: "strip-line" }));
    if (line.limit !== null) parts.push(svg("path", { d: this.path((v) => v > line.limit), class: "strip-hot" }));
    const name = label(line);
    this.node = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${name}: ${amount(line, line.now)}, usually ${amount(line, line.usual)}` },
      ...parts, ...marks.lines(laid, head, floor), this.cursor, svg("text", { x: margin.left + 6, y: 12, class: "strip-label" }, name), this.value);
  }

  y(v) { return (floor - Math.min(v / this.top, 1) * (floor - head)).toFixed(1); }

  // path joins neighbours of which one is wanted.
  path(wanted) {
    const v = this.line.values;
    let d = "", last = -1;
    for (let i = 1; i < v.length; i++) {
      if (v[i] === null || v[i - 1] === null || !this.inside(i - 1) || !this.inside(i) || !wanted(v[i]) && !wanted(v[i - 1])) continue;
      d += (last === i - 1 ? "" : "M" + this.at(i - 1)) + "L" + this.at(i);
      last = i;
    }
    return d;
  }

  // area is what lies below the line, in pieces where values are missing.
  area() {
    let d = "", last = null;
    this.line.values.forEach((value, i) => {
      const known = value !== null && this.inside(i);
      if (known) d += (last === null ? `M${this.x(i).toFixed(1)} ${floor}L` : "L") + this.at(i);
      else if (last !== null) d += `V${floor}Z`;
      last = known ? i : null;
    });
    return last === null ? d : d + `V${floor}Z`;
  }

  inside(i) { return this.x(i) >= margin.left - 1 && this.x(i) <= this.width - margin.right + 1; }

  at(i) { return this.x(i).toFixed(1) + " " + this.y(this.line.values[i]); }

  mark(i) {
    const { line } = this, v = i === null ? line.now : line.values[i];
    this.cursor.setAttribute("d", i === null ? "" : `M${this.x(i).toFixed(1)} ${head}V${floor}`);
    text(this.value, amount(line, v) + (line.usual === null || this.width < 420 ? "" : ", usually " + amount(line, line.usual)));
    toggle(this.value, "hot", line.limit !== null && v !== null && v > line.limit);
  }
}

// sentences say what has left its normal, one line each.
export const sentences = (unusual) => unusual.map((d) => el("li", null, d.sentence[0].toUpperCase() + d.sentence.slice(1)));
