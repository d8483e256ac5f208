// Is anything wrong now? The verdict, the open spikes, and the figures of the whole service.

import { $, el, keyed, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";

const figures = [
  ["Requests", (s) => [format.rate(s.rate), "\u202f/s"]],
  ["Errors", (s) => [format.percent(s.error_rate), ""], (s) => s.error_count > 0],
  ["p50", (s) => format.duration(s.p50_ms)],
  ["p95", (s) => format.duration(s.p95_ms)],
  ["p99", (s) => format.duration(s.p99_ms)],
  ["Slow", (s) => [format.count(s.slow_queries_count), ""]],
];

const figureNodes = figures.map(([label]) => {
  const value = el("dd");
  $("figures").append(el("div", null, el("dt", null, label), value));
  return value;
});

export function showNow(summary, openTrace, select) {
  figures.forEach(([, value, bad], i) => {
    measure(figureNodes[i], value(summary));
    toggle(figureNodes[i], "bad", Boolean(bad?.(summary)));
  });
  const open = summary.spikes.filter((s) => s.state === "open");
  const [headline, detail] = verdict(summary, open);
  text($("headline"), headline);
  text($("headline-detail"), detail);
  toggle(document.body, "wrong", open.length > 0);
  show($("spikes"), open.length > 0);
  const now = new Date(summary.time);
  keyed($("spikes"), open, (s) => s.id, () => el("li", { class: "spike" }), (li, spike) => fillSpike(li, spike, now, openTrace, select));
}

function verdict(summary, open) {
  if (summary.diagnostics.disabled) return ["Switched off", summary.diagnostics.disabled + " is set: nothing is measured."];
  if (open.length > 0) {
    const n = new Set(open.flatMap((s) => s.endpoints.filter((p) => p.state === "open").map(format.name))).size;
    return [n === 1 ? "One endpoint has left its usual latency" : n + " endpoints have left their usual latency", ""];
  }
  if (summary.endpoints.length === 0) return ["No requests yet", "The first one that ends shows up here within a second."];
  const learning = summary.endpoints.filter((e) => e.state === "learning").length;
  const all = summary.endpoints.length;
  if (learning === all) return ["Learning what is usual", "Spikes are told from about a minute of steady traffic on."];
  const known = all - learning;
  const past = summary.spikes[0]?.end ? " The last spike ended " + format.ago(summary.spikes[0].end, new Date(summary.time)) + "." : "";
  return ["Nothing is wrong", (known === 1 ? "The one endpoint with a baseline is within it." : "All " + known + " endpoints with a baseline are within it.") + (learning ? " " + learning + " still learning." : "") + past];
}

function fillSpike(li, spike, now, openTrace, select) {
  const stamp = JSON.stringify(spike);
  if (li.dataset.stamp !== stamp) {
    li.dataset.stamp = stamp;
    const first = spike.endpoints[0];
    li.replaceChildren(el("div", { class: "spike-head" },
      el("button", { type: "button", class: "route plain", on: { click: () => select(first) } }, format.name(first)),
      el("span", { class: "factor" }, format.times(first.ratio)),
      el("span", { class: "muted" }, spike.endpoints.length > 1 ? "and " + (spike.endpoints.length - 1) + " more" : "")),
    gauge(first),
    el("div", { class: "spike-text" }, el("p", { class: "reason" }, spike.reason),
      el("p", { class: "muted spike-foot" }, el("span", { class: "since" }), ...errorChange(first), ...traces(spike, openTrace))));
  }
  text(li.querySelector(".since"), "since " + format.clock(spike.start) + ", " + format.span((now - new Date(spike.start)) / 1000));
}

// gauge shows how far p99 is from what is usual, on one scale.
function gauge(p) {
  const usual = el("span", { class: "gauge-usual" }), now = el("span", { class: "gauge-now" });
  const top = Math.max(p.p99_ms, p.baseline_p99_ms, 0.001);
  usual.style.width = p.baseline_p99_ms / top * 100 + "%";
  now.style.width = p.p99_ms / top * 100 + "%";
  return el("div", { class: "gauge" },
    el("span", { class: "gauge-label" }, "usual p99"), el("span", { class: "gauge-track" }, usual), el("span", { class: "gauge-value" }, format.durationText(p.baseline_p99_ms)),
    el("span", { class: "gauge-label" }, "in the spike"), el("span", { class: "gauge-track" }, now), el("span", { class: "gauge-value strong" }, format.durationText(p.p99_ms)));
}

function errorChange(p) {
  if (p.error_rate === null || p.error_rate === (p.error_rate_before ?? 0)) return [];
  return [el("span", null, "errors " + format.percent(p.error_rate_before ?? 0) + " \u2192 " + format.percent(p.error_rate))];
}

function traces(spike, openTrace) {
  return spike.trace_ids.slice(0, 3).map((id, i) =>
    el("button", { type: "button", class: "plain", on: { click: () => openTrace(id) } }, i === 0 ? "slowest request" : "another"));
}
