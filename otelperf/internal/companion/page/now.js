// Is anything wrong now? The verdict, the open spikes, and the figures of the whole service.

import { $, el, keyed, measure, show, text, toggle } from "./dom.js";
import { unknown } from "./endpoints.js";
import * as format from "./format.js";

const figures = [
  ["Requests", (s) => [format.rate(s.rate), "\u202f/s"]],
  ["Errors", (s) => [format.percent(s.error_rate), s.outcomes_unknown ? "\u202f?" : ""], (s) => s.error_count > 0, (s) => s.outcomes_unknown ? unknown : ""],
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
  figures.forEach(([, value, bad, title], i) => {
    measure(figureNodes[i], value(summary));
    figureNodes[i].title = title?.(summary) ?? "";
    toggle(figureNodes[i], "bad", Boolean(bad?.(summary)));
  });
  const open = summary.spikes.filter((s) => s.state === "open");
  const [headline, detail] = verdict(summary, open);
  text($("headline"), headline);
  text($("headline-detail"), detail);
  toggle(document.body, "wrong", open.length > 0);
  show($("spikes"), open.length > 0);
  keyed($("spikes"), open, (s) => s.id, () => el("li", { class: "spike" }), (li, spike) => fillSpike(li, spike, summary, openTrace, select));
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
  if (learning === all) return ["Learning what is usual", "Spikes are reported from about a minute of steady traffic on."];
  const known = all - learning;
  const past = summary.spikes[0]?.end ? " The last spike ended " + format.ago(summary.spikes[0].end, new Date(summary.time)) + "." : "";
  return ["Nothing is wrong", (known === 1 ? "The one endpoint with a baseline is within it." : "All " + known + " endpoints with a baseline are within it.") + (learning ? " " + learning + " still learning." : "") + past];
}

function fillSpike(li, spike, summary, openTrace, select) {
  const stamp = JSON.stringify(spike);
  if (li.dataset.stamp !== stamp) {
    li.dataset.stamp = stamp;
    const first = spike.endpoints[0];
    li.replaceChildren(el("div", { class: "spike-head" },
      el("button", { type: "button", class: "route plain", on: { click: () => select(first) } }, format.name(first)),
      el("span", { class: "factor" }, format.times(telling(first).ratio)),
      el("span", { class: "muted" }, spike.endpoints.length > 1 ? "and " + (spike.endpoints.length - 1) + " more" : "")),
    gauge(telling(first).quantile),
    el("div", { class: "spike-text" }, el("p", { class: "reason" }, spike.reason),
      el("p", { class: "muted spike-foot" }, el("span", { class: "since" }), el("span", { class: "live" }), ...errorChange(first), ...traces(spike, openTrace))));
  }
  text(li.querySelector(".since"), "since " + format.clock(spike.start) + ", " + format.span((new Date(summary.time) - new Date(spike.start)) / 1000));
  live(li, spike.endpoints[0], summary);
}

// telling is the quantile that shows the spike: p99, unless the median has moved and p99 has not.
function telling(p) {
  const [far, middle] = ["p99", "p50"].map((quantile) => {
    const alarm = p[quantile + "_ms"], usual = p["baseline_" + quantile + "_ms"];
    return { quantile, alarm, usual, ratio: usual > 0 ? alarm / usual : null };
  });
  return far.ratio < 2 && middle.ratio > far.ratio ? middle : far;
}

// gauge has what the quantile usually is, what it was at the alarm, and what it is now, on one scale. Live fills it in.
function gauge(quantile) {
  const line = (label, bar, value) => [el("span", { class: "gauge-label" }, label), el("span", { class: "gauge-track" }, el("span", { class: bar })), el("span", { class: "gauge-value " + value })];
  return el("div", { class: "gauge" }, ...line("usual " + quantile, "gauge-usual", ""), ...line("at the alarm", "gauge-alarm", ""), ...line("", "gauge-now", "strong"));
}

const windowNames = { "1m": "last minute", "5m": "last 5 min", "1h": "last hour", all: "since the start" };

// live puts what the endpoint's row says now beside the figures of the alarm, which stay as they are.
function live(li, p, summary) {
  const row = [...summary.endpoints, ...summary.dependencies, ...summary.jobs].find((r) => r.kind === p.kind && format.name(r) === format.name(p));
  const { quantile, alarm, usual } = telling(p);
  const shown = [usual, alarm, row?.[quantile + "_ms"] ?? null];
  const top = Math.max(0.001, ...shown);
  li.querySelectorAll(".gauge-track > span").forEach((bar, i) => { bar.style.width = (shown[i] ?? 0) / top * 100 + "%"; });
  li.querySelectorAll(".gauge-value").forEach((value, i) => text(value, format.durationText(shown[i])));
  text(li.querySelectorAll(".gauge-label")[2], windowNames[summary.window] ?? "now");
  text(li.querySelector(".live"), row && row.count > 0
    ? (windowNames[summary.window] ?? "now") + ": p50 " + format.durationText(row.p50_ms) + ", p99 " + format.durationText(row.p99_ms) + ", " + format.rate(row.rate) + "\u202f/s, " + format.percent(row.error_rate) + " errors"
    : "no request in this window");
}

function errorChange(p) {
  if (p.error_rate === null || p.error_rate === (p.error_rate_before ?? 0)) return [];
  return [el("span", null, "errors " + format.percent(p.error_rate_before ?? 0) + " \u2192 " + format.percent(p.error_rate))];
}

function traces(spike, openTrace) {
  return spike.trace_ids.slice(0, 3).map((id, i) =>
    el("button", { type: "button", class: "plain", on: { click: () => openTrace(id) } }, i === 0 ? "slowest request" : "another"));
}
