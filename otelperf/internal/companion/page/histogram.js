// A histogram of durations: buckets as wide as each other on a logarithmic axis, shares of the requests as bars, what is compared with them
// as an outline, and quantiles as lines with a label above.

import { svg } from "./dom.js";
import * as format from "./format.js";
import { across, durationTicks, labels, margin, niceTicks, place, rowHeight, rowsOf, tickText } from "./plot.js";

const fewest = 12; // buckets that are drawn at least
const rare = 0.0005; // a share of what is usual that makes no room for itself

// trimmed are the buckets {from, to, share, other} without those at both ends that have nothing to show.
export function trimmed(buckets) {
  const told = (b) => b.share > 0 || b.other > rare;
  const first = Math.max(0, buckets.findIndex(told)), last = buckets.findLastIndex(told);
  return buckets.slice(first, last + 1);
}

// scaleOf is the axis for buckets: from shortest to longest, with room for some.
export function scaleOf(buckets) {
  const lo = buckets[0].from || buckets[0].to / 2, hi = buckets.at(-1).to, wide = Math.log(buckets.at(-1).to / (buckets.at(-1).from || lo)) || 0.1;
  const spare = Math.max(0, fewest - Math.round(Math.log(hi / lo) / wide)) / 2 * wide;
  return { lo: lo / Math.exp(spare), hi: hi * Math.exp(spare) };
}

// Histogram draws one. lines are {ms, label, kind}: kind is now or usual. rows is how many rows of labels have room at least.
export class Histogram {
  constructor({ width, height, buckets, lines, rows = 0, scale = scaleOf(buckets), most = Math.max(...buckets.map((b) => Math.max(b.share, b.other ?? 0))) }) {
    Object.assign(this, { buckets, scale });
    this.area = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
    this.laid = place(lines.filter((l) => l.ms !== null && l.ms >= scale.lo && l.ms <= scale.hi).map((l) => ({ ...l, at: this.x(l.ms), kind: "quantile-" + l.kind })), this.area.left, this.area.right);
    this.area.top += Math.max(rows, rowsOf(this.laid)) * rowHeight;
    this.ticks = niceTicks(Math.min(1, Math.max(most, 0.01) * 1.05));
    const a = this.area, y = (v) => this.y(v);
    this.cursor = svg("path", { class: "cursor", d: "" });
    this.root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height }, ...across(this.ticks, a, y, (v) => v === 0 ? "0" : Number((v * 100).toPrecision(3)) + "\u202f%"),
      ...buckets.filter((b) => b.share > 0).map((b) => svg("rect", { x: this.x(b.from) + 0.5, y: y(b.share), width: Math.max(0.5, this.x(b.to) - this.x(b.from) - 1), height: a.bottom - y(b.share), class: "hist-bar" })),
      svg("path", { d: this.outline(), class: "hist-other" }),
      ...this.laid.map((l) => svg("path", { d: `M${l.at.toFixed(1)} ${a.top - 6}V${a.bottom}`, class: l.kind }, svg("title", null, l.label))),
      ...labels(this.laid, 10),
      ...durationTicks(scale.lo, scale.hi, (a.right - a.left) / 58).filter((t) => this.x(t) > a.left + 4 && this.x(t) < a.right - 14)
        .map((t) => svg("text", { x: this.x(t), y: a.bottom + 15, class: "tick middle" }, tickText(t))),
      this.cursor);
  }

  x(ms) { return this.area.left + Math.log(Math.max(ms, this.scale.lo) / this.scale.lo) / Math.log(this.scale.hi / this.scale.lo) * (this.area.right - this.area.left); }
  y(share) { return this.area.bottom - share / this.ticks.at(-1) * (this.area.bottom - this.area.top); }

  // outline goes along the tops of what is compared with.
  outline() {
    if (!this.buckets.some((b) => b.other > 0)) return "";
    const floor = this.area.bottom, at = (ms, share) => this.x(ms).toFixed(1) + " " + this.y(share).toFixed(1);
    return `M${this.x(this.buckets[0].from).toFixed(1)} ${floor}L` + this.buckets.map((b) => at(b.from, b.other) + "L" + at(b.to, b.other)).join("L") + `V${floor}`;
  }

  // point has the cursor in a bucket, or nowhere for null.
  point(b) {
    const x = b && (this.x(b.from) + this.x(b.to)) / 2;
    this.cursor.setAttribute("d", b ? `M${x.toFixed(1)} ${this.area.top - 6}V${this.area.bottom}` : "");
  }
}
