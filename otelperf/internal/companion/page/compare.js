// The chosen endpoint before and since a mark, or before and in a spike: two histograms on the same axes, and whether the change is real.

import { $, el, show, text } from "./dom.js";
import { between } from "./distribution.js";
import * as format from "./format.js";
import { Histogram, scaleOf, trimmed } from "./histogram.js";
import { table } from "./plot.js";

const recent = 3_600_000; // ms for which there is something to compare

// verdicts are what is said of each change, once where the same is missing for all of them.
function verdicts(changes) {
  const missing = new Set(changes.map((c) => c.real === null ? c.sentence.replace(/^\S+: /, "") : c.sentence));
  if (missing.size > 1) return changes;
  const [sentence] = missing;
  return [{ real: null, sentence: sentence[0].toUpperCase() + sentence.slice(1) }];
}

export class Comparison {
  constructor(choose) {
    $("compare-with").addEventListener("change", choose);
    $("compare").addEventListener("toggle", () => this.draw());
    new ResizeObserver(() => this.draw()).observe($("compare-drawings"));
  }

  // choices fills the list with the marks and spikes of the last hour, and returns the parameter of the one that is chosen: the latest spike,
  // or the newest mark that has something before it, unless another one was. null is nothing to compare.
  choices(marks, spikes, now, began) {
    const list = [
      ...spikes.filter((s) => now - new Date(s.start) < recent).map((s) => ({ key: "spike", id: s.id, group: "Spikes", label: format.whenOf(s.start) + (s.end ? " spike, until " + format.whenOf(s.end) : " spike, open"), time: s.start })),
      ...marks.filter((m) => now - new Date(m.time) < recent).map((m) => ({ key: "mark", id: m.id, group: "Marks", label: format.whenOf(m.time) + " " + m.text, time: m.time })),
    ], select = $("compare-with"), value = (c) => c.key + " " + c.id;
    show($("compare"), list.length > 0);
    const stamp = list.map((c) => value(c) + c.label).join();
    if (select.dataset.stamp !== stamp) {
      const chosen = select.dataset.chosen === "1" ? select.value : "";
      select.dataset.stamp = stamp;
      const groups = Map.groupBy(list, (c) => c.group);
      select.replaceChildren(...[...groups].map(([label, of]) => el("optgroup", { label }, ...of.map((c) => el("option", { value: value(c) }, c.label)))));
      const best = list.find((c) => value(c) === chosen) ?? list.find((c) => new Date(c.time) > began) ?? list[0];
      select.value = best ? value(best) : "";
    }
    const [key, ...id] = select.value.split(" ");
    return key ? { [key]: id.join(" ") } : null;
  }

  // show takes the answer of compare.
  show(c) {
    this.data = c;
    const since = this.since = c.spike === null ? "since" : "in the spike";
    text($("compare-why"), c.why || "Whole minutes on both sides: " + format.count(c.before.minutes) + " and " + format.count(c.since.minutes) + ". Bounds are of 99 % confidence.");
    const bounds = (i, unit) => i.low === null && i.high === null ? null : el("span", { class: "bounds muted" }, (i.low === null ? "?" : unit(i.low)) + " to " + (i.high === null ? "?" : unit(i.high)));
    const cell = (i, unit) => el("td", { class: "n" }, unit(i.value), bounds(i, unit));
    const row = (name, key, unit) => el("tr", null, el("th", { scope: "row" }, name), cell(c.before[key], unit), cell(c.since[key], unit));
    show($("compare-body"), !c.why);
    $("compare-verdict").replaceChildren(...verdicts([c.p50, c.p99, c.errors]).map((change) => el("li", { class: change.real ? "strong" : "muted" }, change.sentence)));
    $("compare-table").replaceChildren(
      el("thead", null, el("tr", null, el("td"), ...["before", since].map((h) => el("th", { scope: "col", class: "n" }, h)))),
      el("tbody", null, el("tr", null, el("th", { scope: "row" }, "requests"), el("td", { class: "n" }, format.count(c.before.count)), el("td", { class: "n" }, format.count(c.since.count))),
        row("p50", "p50_ms", format.durationText), row("p99", "p99_ms", format.durationText), row("errors", "error_rate", format.percent)));
    table($("compare-buckets"), ["took", "before", since], c.buckets.filter((b) => b.before_count + b.since_count > 0)
      .map((b) => [between({ from: b.from_ms, to: b.to_ms }), format.percent(b.before_share), format.percent(b.since_share)]));
    this.draw();
  }

  draw() {
    const box = $("compare-drawings"), c = this.data;
    if (!c || c.why || !$("compare").open || box.clientWidth < 80) return;
    const buckets = trimmed(c.buckets.map((b) => ({ from: b.from_ms, to: b.to_ms, share: b.before_share, other: b.since_share })));
    if (buckets.length === 0) return;
    const common = { scale: scaleOf(buckets), most: Math.max(...buckets.map((b) => Math.max(b.share, b.other))), height: 170, rows: 2 };
    const width = Math.floor(box.clientWidth < 620 ? box.clientWidth : (box.clientWidth - 16) / 2);
    const pane = (title, side, share) => {
      const lines = ["p99", "p50"].map((q) => ({ ms: c[side][q + "_ms"].value, label: q + " " + format.durationText(c[side][q + "_ms"].value), kind: "now" }));
      const { root } = new Histogram({ ...common, width, lines, buckets: buckets.map((b) => ({ ...b, share: share(b), other: null })) });
      root.setAttribute("role", "img");
      root.setAttribute("aria-label", title + ": " + lines.map((l) => l.label).join(", ") + ". The table below has the shares.");
      return el("figure", { class: "chart" }, el("figcaption", null, title), root);
    };
    box.replaceChildren(pane("before", "before", (b) => b.share), pane(this.since, "since", (b) => b.other));
  }
}
