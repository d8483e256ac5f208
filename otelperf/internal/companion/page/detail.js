// What is known of the chosen endpoint beyond its numbers: what its requests normally spend their time on, what is different
// about the slow ones, and latency by the values of the attributes that were chosen for that.

import { breakdown } from "./breakdown.js";
import { $, el, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { Table } from "./table.js";

const mostDifferences = 8;
const fewSamples = 10; // with fewer, quantiles are shown fainter

const quantile = (id) => ({
  id, label: id, numeric: true, value: (r) => r[id + "_ms"], cell: (td, r) => {
    measure(td, format.duration(r[id + "_ms"]));
    td.title = r.samples === 1 ? "of one sample" : "of " + r.samples + " samples";
    toggle(td, "faint", r.samples < fewSamples);
  },
});

export class Detail {
  constructor() {
    this.table = new Table($("dimensions"), {
      caption: "Latency by the values of attributes, of the last ten minutes", key: (r) => r.key + "=" + r.value,
      columns: [
        { id: "value", label: "Value", first: "asc", class: "name", value: (r) => r.key + " " + r.value, cell: (td, r) => text(td, r.key + " = " + r.value) },
        { id: "count", label: "requests", title: "About how many had it, in the last ten minutes", numeric: true, value: (r) => r.count, cell: (td, r) => text(td, format.count(r.count)) },
        quantile("p50"), quantile("p95"), quantile("p99"),
        { id: "bar", label: el("span", { class: "visually-hidden" }, "p99 as a bar"), class: "share", cell: barCell },
      ],
    });
  }

  // show takes the answer of endpoints/detail and the endpoint's usual p99, or null and the reason why there is none.
  show(detail, usual, why = "", spiking = false) {
    this.spiking = spiking;
    show($("detail"), detail !== null);
    show($("detail-none"), detail === null);
    text($("detail-none"), why);
    if (!detail) return;
    this.normal(detail);
    this.differences(detail);
    this.dimensions(detail.dimensions, usual, detail.note);
  }

  normal({ normal_ms: ms, normal_samples: samples }) {
    const total = Object.values(ms).reduce((sum, v) => sum + v, 0);
    const before = this.spiking ? " before the spike" : "";
    fill($("normal"), [ms, samples, before], () => total > 0
      ? [breakdown(ms, total), el("p", { class: "muted" }, format.durationText(total) + " in all: the mean of " + (samples === 1 ? "one ordinary request" : format.count(samples) + " ordinary requests") + before)]
      : [el("p", { class: "empty" }, "No ordinary request has been looked at yet. Samples are taken of those whose calls are seen as spans.")]);
  }

  differences(detail) {
    const all = detail.differences, text = all.length ? "" : detail.note || alike(detail, this.spiking ? " from before the spike" : "");
    fill($("differences"), [all, text], () => all.length ? all.slice(0, mostDifferences).map(difference) : [el("li", { class: "empty" }, text)]);
  }

  dimensions(all, usual, note) {
    const rows = all.flatMap((d) => d.rows.map((r) => ({ ...r, key: d.key })));
    const longest = Math.max(0.001, ...rows.map((r) => r.p99_ms));
    for (const r of rows) Object.assign(r, { share: r.p99_ms / longest, far: usual !== null && r.p99_ms > 2 * usual });
    show($("dimensions"), rows.length > 0);
    show($("dimensions-empty"), rows.length === 0);
    text($("dimensions-empty"), note ? "Latency by the values of attributes is not known either." : all.length ? "No request of the last ten minutes had " + all.map((d) => d.key).join(" or ") + "." : "No dimensions were chosen. The option WithDimensions names attributes, such as tenant.id, to tell latency apart by.");
    this.table.show(rows);
  }
}

// alike says why there is no difference: what was compared, or what is missing for that.
export function alike({ slow_samples: slow, slow_needed: needed, ordinary_samples: ordinary }, before) {
  const requests = (n, what) => format.plural(n, what + " request");
  if (slow === 0) return "No slow request was looked at in the last ten minutes, so there is nothing to compare.";
  if (slow < needed) return requests(slow, "slow") + " of the last ten minutes " + (slow === 1 ? "was" : "were") + " looked at; it takes " + needed + " that have something in common.";
  if (ordinary === 0) return "There is no ordinary request" + (before || " of the last ten minutes") + " to compare the " + requests(slow, "slow") + " with.";
  return "No attribute sets the " + requests(slow, "slow") + " of the last ten minutes apart from " + requests(ordinary, "ordinary") + before + ".";
}

// fill makes the children of a node anew when what they show has changed.
function fill(node, data, make) {
  const stamp = JSON.stringify(data);
  if (node.dataset.stamp === stamp) return;
  node.dataset.stamp = stamp;
  node.replaceChildren(...make());
}

// difference says how much more often the slow requests have a value, in numbers and as two bars on one scale.
function difference(d) {
  return el("li", { class: "difference" },
    el("p", null, el("b", null, d.key + " = " + d.value), ": " + format.count(d.slow_count) + " of " + format.count(d.slow_total) + " slow, " + format.count(d.count) + " of " + format.count(d.total) + " ordinary, ",
      el("span", { class: "strong bad", title: "At least " + format.times(d.lift_low) + ", with a confidence of 95 %" }, format.times(d.lift))),
    el("span", { class: "difference-bars", "aria-hidden": "true" }, track("gauge-now", d.share), track("gauge-usual", d.total ? d.count / d.total : 0)));
}

function track(kind, share) {
  const filled = el("span", { class: kind });
  filled.style.width = Math.min(1, share) * 100 + "%";
  return el("span", { class: "gauge-track" }, filled);
}

function barCell(td, r) {
  if (!td.firstChild) td.append(el("span", { class: "gauge-track", "aria-hidden": "true" }, el("span", { class: "gauge-usual" })));
  const filled = td.firstChild.firstChild;
  filled.style.width = r.share * 100 + "%";
  toggle(filled, "far", r.far);
}
