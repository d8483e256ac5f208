// Is anything wrong now? The verdict, the open spikes, and the figures of the whole service.

import { $, el, keyed, measure, show, text, toggle } from "./dom.js";
import { shownQuantiles, unknown } from "./endpoints.js";
import * as format from "./format.js";
import { named } from "./names.js";
import { unstored } from "./past.js";
import { requestLink } from "./request.js";
import { sentences } from "./runtime.js";
import { said, showMutes, showSaid } from "./said.js";
import { long, state } from "./state.js";

const cards = 5; // of spikes, in a frozen view: the table of spikes has the others

const figures = [
  ["Requests", (s) => [format.rate(s.rate), "\u202f/s"]],
  ["Errors", (s) => [format.percent(s.error_rate), s.outcomes_unknown ? "\u202f?" : ""], (s) => s.error_count > 0, (s) => s.outcomes_unknown ? unknown : ""],
  ...[0, 1, 2].map((i) => [() => shownQuantiles()[i].id, (s) => format.duration(s[shownQuantiles()[i].field])]),
  ["Slow", (s) => [format.count(s.slow_queries_count), ""]],
];

const figureNodes = figures.map(([label]) => {
  const value = el("dd");
  $("figures").append(el("div", null, el("dt", null, typeof label === "string" ? label : ""), value));
  return value;
});

// leads is the part of a spike that its card is about: the one that the headline names, or the first.
const leads = (spike, of) => of?.spike_id === spike.id && spike.endpoints.find((e) => e.method === of.method && e.route === of.route && e.kind === of.kind && e.matter === of.matter) || spike.endpoints[0];

// weight orders spikes as the verdict does: what it names is first, then what fails.
const weight = (spike, of) => of?.spike_id === spike.id ? -1 : Math.max(0, ["failures", "panics", "latency", "silence", "objective", "client_errors"].indexOf(spike.matter));

// counted is the time that the numbers of a frozen view are of, in unix seconds: until they are there, and where nothing is stored, the one
// that was asked for. nothingStored tells of such a view whether there is nothing.
export const counted = (summary) => summary.from && !nothingStored(summary) ? { from: new Date(summary.from) / 1000, to: new Date(summary.to) / 1000 } : { from: state.get("from"), to: state.get("to") };
export const nothingStored = (summary) => summary.from !== undefined && summary.window_seconds === 0;

// missing says which part of the time that was asked for is stored, where that is not all of it.
export function missing(summary) {
  if (summary.stored) return nothingStored(summary) ? "" : unstored(summary.stored, state.get("from"), Math.min(state.get("to"), new Date(summary.time) / 1000));
  const from = state.get("from"), to = state.get("to"), is = counted(summary), until = Math.min(to, new Date(summary.time) / 1000);
  if (!summary.from || nothingStored(summary) || is.from <= from) return "";
  return "Of the " + format.span(until - from) + " that were asked for, the last " + format.span(Math.min(until, is.to) - is.from) + " are stored.";
}

const wrong = new Set(["failing", "slow", "silent", "burning"]);

export function showNow(summary, openTrace, select, mayChange) {
  figures.forEach(([label, value, bad, title], i) => {
    if (typeof label !== "string") text(figureNodes[i].previousSibling, label());
    measure(figureNodes[i], value(summary));
    figureNodes[i].title = title?.(summary) ?? "";
    toggle(figureNodes[i], "bad", Boolean(bad?.(summary)));
  });
  const verdict = summary.verdict;
  const open = summary.spikes.filter((s) => state.frozen || s.state === "open").toSorted((a, b) => weight(a, verdict.of) - weight(b, verdict.of)).slice(0, state.frozen ? cards : undefined);
  text($("headline"), verdict.title);
  text($("headline-detail"), nothingStored(summary) && summary.stored_from ? "Stored is what was from " + format.dayAndTime(summary.stored_from) + " on, and of the last hour alone." : verdict.detail);
  const now = new Date(summary.time) / 1000, gone = state.frozen ? "" : unstored(summary.stored, now - (long[summary.window] ?? 0), now);
  text($("stored"), gone);
  show($("stored"), gone !== "");
  toggle(document.body, "wrong", wrong.has(verdict.status));
  toggle(document.body, "warned", verdict.status === "elevated");
  toggle(document.body, "unsure", verdict.status === "unknown");
  show($("spikes"), open.length > 0);
  keyed($("spikes"), open, (s) => s.id + " " + (s.instance ?? ""), () => el("li", { class: "spike" }), (li, spike) => {
    fillSpike(li, spike, summary, openTrace, select);
    showSaid(li.said, state.frozen ? { ...spike, muted: null } : spike, mayChange && !state.frozen);
  });
  showMutes(summary.mutes, mayChange);
}

function fillSpike(li, spike, summary, openTrace, select) {
  const first = leads(spike, summary.verdict.of);
  const stamp = JSON.stringify([state.frozen, spike.id, first.unseen, knownSince(spike, summary), spike.reason, spike.slow_requests, spike.signals, spike.causes, spike.cause, spike.after, format.name(first), first.worst_ratio, first.waits_for, first.cost_failed]);
  if (li.dataset.stamp !== stamp) {
    li.dataset.stamp = stamp;
    if (!li.said) li.append(li.said = said());
    while (li.firstChild !== li.said) li.firstChild.remove();
    li.said.before(el("div", { class: "spike-head" },
      named(el("button", { type: "button", class: "route plain", on: { click: () => select(first) } }), first),
      slow(first)
        ? el("span", { class: "factor", title: format.quantile(first.quantile) + " in the worst minute, as a multiple of what it usually is" }, format.times(first.worst_ratio))
        : el("span", { class: "factor" }, matters[first.matter] + (first.share === null ? "" : " " + format.percent(first.share))),
      el("span", { class: "muted" }, spike.instance ? "at " + spike.instance : ""),
      el("span", { class: "muted" }, spike.endpoints.length > 1 ? "and " + (spike.endpoints.length - 1) + " more" : "")),
    slow(first) ? gauge(format.quantile(first.quantile), !state.frozen && !first.unseen) : "",
    el("div", { class: "spike-text" }, ...why(spike, summary), ...circumstance(spike), el("p", { class: "reason" }, spike.reason), el("ul", { class: "unusual" }, ...sentences(spike.signals)),
      el("p", { class: "muted spike-foot" }, el("span", { class: "since" }), el("span", { class: "cost" }), el("span", { class: "live" })),
      el("p", { class: "muted spike-foot" }, requests(spike, openTrace), spike.instance ? null : el("a", { href: "spikes/" + encodeURIComponent(spike.id) + "/bundle", download: "" }, "all that is known, as a zip file"))));
  }
  text(li.querySelector(".since"), since(spike, new Date(summary.time)));
  live(li, spike, summary);
}

function since(spike, now) {
  const began = format.whenOf(spike.start);
  if (spike.end) {
    const time = { from: new Date(spike.start) / 1000, to: new Date(spike.end) / 1000 };
    return format.during(time) + ", " + format.span(time.to - time.from);
  }
  if (spike.ended_later) return "since " + began + ", still open then; ended " + format.whenOf(spike.ended_later);
  return "since " + began + (state.frozen ? "" : ", " + format.span((now - new Date(spike.start)) / 1000));
}

// slow is whether a part of a spike is about latency; what else it may be about has no gauge.
const slow = (part) => (part.matter ?? "latency") === "latency";

const matters = { failures: "fails", panics: "panics", client_errors: "client errors", silence: "silent", objective: "burns" };

const sources = { recording: "a recording", stacks: "stacks", calls: "spans", self_time: "spans", runtime: "the runtime" };

// why lists the causes, each with a bar of its share of the extra time; without any it says what there is to say.
function why(spike, summary) {
  if (spike.causes.length === 0) return spike.cause ? [el("p", { class: "reason" }, spike.cause)] : [];
  const items = spike.causes.map((c) => {
    const bar = el("span");
    bar.style.width = Math.min(1, c.share) * 100 + "%";
    const seenBy = [c.source, ...c.confirmed_by].map((s) => sources[s] ?? s).join(" and ");
    return el("li", { class: c.unknown ? "not-known" : "" }, el("span", { class: "cause-track", "aria-hidden": "true" }, bar),
      el("span", { class: "cause-text" }, c.sentence + " ", el("span", { class: "muted" }, c.unknown ? "not known" : "seen by " + seenBy)));
  });
  return [el("p", { class: "cause-head" }, spike.cause.split("; ")[0] + knownSince(spike, summary) + ", of which"), el("ul", { class: "causes" }, ...items)];
}

// knownSince says of a cause in a frozen view that it became known later.
const knownSince = (spike, summary) => state.frozen && spike.cause_at && new Date(spike.cause_at) >= new Date(summary.to) ? " (known since " + format.whenOf(spike.cause_at) + ")" : "";

// circumstance is the mark that it began soon after: it may be why, and proves nothing.
function circumstance(spike) {
  return spike.after ? [el("ul", { class: "causes" }, el("li", { class: "not-known" }, el("span", { class: "cause-track", "aria-hidden": "true" }),
    el("span", { class: "cause-text" }, spike.after.sentence[0].toUpperCase() + spike.after.sentence.slice(1) + " ", el("span", { class: "muted" }, "a circumstance, not a proven cause"))))] : [];
}

// gauge has the quantile that fired: what it usually is, at the alarm, in the worst minute and, unless there is none, in the last one, on one scale.
// The function live fills it in.
function gauge(quantile, withLast) {
  const line = (label, bar, value) => [el("span", { class: "gauge-label" }, label), el("span", { class: "gauge-track" }, el("span", { class: bar })), el("span", { class: "gauge-value " + value })];
  return el("div", { class: "gauge" }, ...line("usual " + quantile, "gauge-usual", ""), ...line("at the alarm", "gauge-alarm", ""),
    ...line("worst minute", "gauge-alarm", ""), ...(withLast ? line("last minute", "gauge-now", "strong") : []));
}

const windowNames = { "1m": "last minute", "5m": "last 5 min", "1h": "last hour", "24h": "last 24 h", "7d": "last 7 days", all: "since the start" };

// live shows what changes: what the spike has cost, and what the endpoint's row says.
function live(li, spike, summary) {
  const p = leads(spike, summary.verdict.of);
  const row = [...summary.endpoints, ...summary.dependencies, ...summary.jobs].find((r) => r.kind === p.kind && format.name(r) === format.name(p));
  const shown = [p.baseline_quantile_ms, p.quantile_ms, p.worst_ms, p.last_ms];
  const top = Math.max(0.001, ...shown);
  li.querySelectorAll(".gauge-track > span").forEach((bar, i) => { bar.style.width = shown[i] / top * 100 + "%"; });
  li.querySelectorAll(".gauge-value").forEach((value, i) => text(value, format.durationText(shown[i])));
  text(li.querySelector(".cost"), cost(spike, p));
  const unjudged = p.unseen && row?.ready_seconds ? "not judged yet since the restart, for another " + format.span(row.ready_seconds) + "; " : "";
  text(li.querySelector(".live"), unjudged + (row && row.count > 0
    ? (windowNames[summary.window] ?? "in that time") + ": p50 " + format.durationText(row.p50_ms) + ", p99 " + format.durationText(row.p99_ms) + ", " + format.rate(row.rate) + "\u202f/s, " + format.percent(row.error_rate) + " errors"
    : "no request " + state.when));
}

// cost is that of the requests, or of the calls or jobs where there are none.
function cost(spike, lead) {
  if (!slow(spike)) return format.count(spike.cost_failed) + " of " + format.count(spike.cost_requests) + " failed";
  const of = spike.cost_requests > 0 ? spike : lead;
  return format.count(of.cost_slow) + " of " + format.count(of.cost_requests) + " slow" + (of.cost_failed > 0 ? ", " + format.count(of.cost_failed) + " failed" : "");
}

// requests are links to the slowest ones.
function requests(spike, open) {
  const all = spike.slow_requests;
  if (all.length === 0) return "";
  return el("span", null, (slow(spike) ? "slowest requests: " : "some requests: "), ...all.flatMap((r, i) => [i > 0 ? "; " : "", requestLink(r, open)]));
}
