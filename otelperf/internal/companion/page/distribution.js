// How long the requests of an endpoint took, as a histogram with what is usual over it.

import { $, el } from "./dom.js";
import * as format from "./format.js";
import { Histogram, trimmed } from "./histogram.js";
import { figure, legend, Plot, readout, table } from "./plot.js";

const drawn = [0.5, 0.95, 0.99]; // the quantiles that are lines

export const between = (b) => format.durationText(b.from) + " to " + format.durationText(b.to);

export class Distribution extends Plot {
  constructor() {
    super("distribution");
  }

  // show takes the answer of endpoints/distribution.
  show(answer) {
    const buckets = trimmed(answer.buckets.map((b) => ({ from: b.from_ms, to: b.to_ms, share: b.share, other: b.baseline_share, count: b.count })));
    if (buckets.length === 0) {
      this.clear("No requests in this time, and what is usual is not known yet.");
      return;
    }
    this.data = { ...answer, buckets };
    this.render();
  }

  draw(width, height) {
    const { buckets, quantiles, count } = this.data, known = buckets.some((b) => b.other !== null);
    const line = (q, key, kind, word) => ({ ms: q[key], kind, label: word + format.quantile(q.quantile) });
    const lines = quantiles.filter((q) => drawn.includes(q.quantile)).reverse();
    this.histogram = new Histogram({ width, height, buckets, lines: [...lines.map((q) => line(q, "ms", "now", "")), ...lines.map((q) => line(q, "baseline_ms", "usual", "usual "))] });
    this.area = this.histogram.area;
    legend([count > 0 && ["bars now", "share of " + format.plural(count, "request")], count > 0 && ["quantile-now", "their quantiles"],
      known ? ["other", "what is usual"] : ["", "what is usual is not known yet"], known && ["usual", "usual quantiles"], ["", "\u2192 duration (logarithmic); \u2191 share of requests"]]);
    this.table();
    return this.histogram.root;
  }

  nearest(x) {
    const i = this.data.buckets.findIndex((b) => this.histogram.x(b.to) >= x);
    return i < 0 ? this.data.buckets.length - 1 : i;
  }

  move(at, key) {
    const n = this.data.buckets.length, step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    return step && Math.min(n - 1, Math.max(0, (at ?? (step > 0 ? -1 : n)) + step));
  }

  mark(i) {
    this.at = i;
    if (!this.data) return;
    const b = i === null ? null : this.data.buckets[Math.min(i, this.data.buckets.length - 1)];
    this.histogram?.point(b);
    if (!b) {
      readout(...this.data.quantiles.map((q) => el("span", null, format.quantile(q.quantile) + " ", el("b", null, format.durationText(q.ms)), q.baseline_ms === null ? "" : " usually " + format.durationText(q.baseline_ms))));
      return;
    }
    readout(el("span", { class: "muted" }, between(b)), figure("", format.percent(b.share)), el("span", null, format.plural(b.count, "request")),
      b.other === null ? null : el("span", null, "usually ", el("b", null, format.percent(b.other))));
  }

  describe() {
    const p99 = this.data.quantiles.find((q) => q.quantile === 0.99);
    return "Durations of " + format.plural(this.data.count, "request") + " of " + format.name(this.data) + " as a histogram. p99 " + format.durationText(p99.ms) +
      (p99.baseline_ms === null ? "." : ", usually " + format.durationText(p99.baseline_ms) + ".") + " Arrow keys step through the bars.";
  }

  table() {
    const d = this.data;
    table($("chart-table"), ["took", "requests", "share", "usual share"], [
      ...d.quantiles.map((q) => [format.quantile(q.quantile), "", format.durationText(q.ms), format.durationText(q.baseline_ms)]),
      ...d.buckets.map((b) => [between(b), format.count(b.count), format.percent(b.share), format.percent(b.other)])]);
  }
}
