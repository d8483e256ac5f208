// Analytics events: how many there are, what users do most, how fast the pages are for them, and what came in last.

import { $, el, measure, show, svg, text } from "./dom.js";
import * as format from "./format.js";
import { requestCell } from "./request.js";
import { Table } from "./table.js";

const mostNames = 10, longestText = 160;
const vitalNames = { cls: "CLS", inp: "INP", lcp: "LCP", fcp: "FCP", ttfb: "TTFB" };
const vitalTitles = { cls: "Cumulative layout shift", inp: "Interaction to next paint", lcp: "Largest contentful paint", fcp: "First contentful paint", ttfb: "Time to first byte" };
const ratings = { good: ["good", "good"], "needs-improvement": ["middling", "needs improvement"], poor: ["poor", "poor"] };
// shownElsewhere are attributes that have a column, are on nobody's mind in a list, or are too long for one.
const shownElsewhere = new Set(["session.id", "user.hash", "user.id", "url.template", "exception.stacktrace", "otelperf.event.id", "otelperf.event.source", "otelperf.event.clock", "otelperf.event.clock_skew", "browser.web_vital.id", "browser.web_vital.delta"]);

const number = (id, label, title) => ({ id, label, title, numeric: true, value: (r) => r[id], cell: (td, r) => text(td, format.count(r[id])) });
const time = (id, label) => ({ id, label, numeric: true, value: (r) => r[id], cell: (td, r) => text(td, format.whenOf(r[id])) });

export class Events {
  constructor(openTrace) {
    const request = requestCell(openTrace, "No request of its trace is stored as slow or failed");
    this.slow = new Map(); // stored requests by trace id
    this.names = new Table($("event-names"), {
      caption: "The most frequent events", key: (r) => r.name, sort: { id: "count", desc: true },
      columns: [{ id: "name", label: "Event", first: "asc", class: "name mono", value: (r) => r.name }, number("last_minute", "per min", "In the last whole minute"), number("last_hour", "last hour"), number("count", "all"), time("last", "last")],
    });
    this.vitals = new Table($("vitals"), {
      caption: "Web vitals by page: p75 of the page loads, and how it rates", key: (r) => r.page + " " + r.name,
      columns: [
        { id: "page", label: "Page", first: "asc", class: "name mono", value: (r) => r.page },
        { id: "name", label: "Vital", first: "asc", value: (r) => r.name, cell: vitalCell },
        { id: "p75", label: "p75", title: "Three of four page loads are at most this", numeric: true, cell: (td, r) => measure(td, vitalValue(r, r.p75)) },
        { id: "rating", label: "Rating", value: (r) => ["good", "needs-improvement", "poor"].indexOf(r.rating), cell: ratingCell },
        { id: "limits", label: "good / poor", title: "Good up to the first, poor above the second", numeric: true, class: "limits", cell: (td, r) => text(td, "\u2264 " + vitalValue(r, r.good).join("") + " / > " + vitalValue(r, r.poor).join("")) },
        number("count", "loads"),
        { id: "shares", label: el("span", { class: "visually-hidden" }, "Loads by rating"), class: "share", cell: sharesCell },
      ],
    });
    this.recent = new Table($("event-recent"), {
      caption: "The events that came in last", key: (r) => r.key,
      columns: [
        { id: "time", label: "Time", class: "faint", cell: (td, r) => text(td, format.whenOf(r.time)) },
        { id: "name", label: "Event", class: "mono", cell: (td, r) => text(td, r.name) },
        { id: "page", label: "Page", class: "mono", cell: (td, r) => text(td, r.page ?? format.none) },
        { id: "source", label: "From", class: "faint", cell: (td, r) => text(td, r.source) },
        { id: "properties", label: "Properties", class: "properties", cell: (td, r) => text(td, properties(r)) },
        { id: "request", label: "slow request", class: "request-cell", cell: (td, r) => request(td, this.slow.get(r.trace_id)) },
      ],
    });
  }

  hide() { show($("events-section"), false); }

  // show takes the answers of stats and of events/recent.
  show(stats, { events: recent, count, slow_requests: slow }) {
    this.slow = new Map(slow.map((r) => [r.trace_id, r]));
    show($("events-section"), true);
    text($("events-summary"), summary(stats));
    minutes(stats.minutes);
    this.names.show(stats.names.slice(0, mostNames));
    show($("event-names"), stats.names.length > 0);
    show($("event-names-empty"), stats.names.length === 0);
    this.vitals.show(stats.web_vitals);
    show($("vitals"), stats.web_vitals.length > 0);
    show($("vitals-empty"), stats.web_vitals.length === 0);
    this.recent.show(recent.map((r, i) => ({ ...r, key: [r.observed_time, r.name, r.session_id, r.id ?? recent.length - i].join(" ") })));
    show($("event-recent"), recent.length > 0);
    text($("event-recent-count"), recent.length < count ? " " + format.some(recent.length, count) : "");
    show($("event-recent-empty"), recent.length === 0);
  }
}

function summary(s) {
  const few = [["accepted", s.accepted], ["sampled out", s.sampled_out], ["refused", s.refused], ["dropped", s.dropped], ["lost on the way out", s.export.lost + s.export.failed + s.export.missing]].filter(([what, n]) => n > 0 || what === "accepted").map(([what, n]) => format.count(n) + " " + what);
  return [...few, "about " + format.count(s.sessions.last_hour) + (s.sessions.last_hour === 1 ? " session" : " sessions") + " in the last hour"].join(" \u00b7 ");
}

const width = 600, height = 46;

// minutes are the last sixty as bars. The last one is running, and fainter.
function minutes(all) {
  const box = $("event-minutes"), stamp = JSON.stringify(all);
  if (box.dataset.stamp === stamp) return;
  box.dataset.stamp = stamp;
  const most = Math.max(1, ...all.map((m) => m.count)), step = width / all.length;
  const bars = all.map((m, i) => {
    const h = m.count ? Math.max(1.5, m.count / most * height) : 0.75;
    return svg("rect", { x: i * step + 0.75, y: height - h, width: step - 1.5, height: h, class: (m.count ? "minute" : "minute none") + (i === all.length - 1 ? " running" : "") }, svg("title", null, format.minute(new Date(m.time)) + ": " + format.count(m.count)));
  });
  const whole = all.at(-2)?.count ?? 0;
  box.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": "Events per minute over the last hour, at most " + most + ", last " + whole }, ...bars));
  $("event-minutes-text").replaceChildren(el("span", null, "an hour ago"), el("span", null, el("b", null, format.count(whole)), " in the last whole minute, at most " + format.count(all.some((m) => m.count) ? most : 0)), el("span", null, "now"));
}

// vitalValue is a duration, or a score for the vital without a unit.
const vitalValue = (r, v) => r.unit === "ms" ? format.duration(v) : [v.toFixed(2), ""];

function vitalCell(td, r) {
  text(td, vitalNames[r.name] ?? r.name);
  td.title = vitalTitles[r.name] ?? "";
}

function ratingCell(td, r) {
  const [kind, label] = ratings[r.rating] ?? ["middling", r.rating];
  if (td.dataset.shown === label) return;
  td.dataset.shown = label;
  td.replaceChildren(el("span", { class: "rating " + kind }, label));
}

function sharesCell(td, r) {
  const parts = [["good", r.good_count, "good"], ["middling", r.needs_improvement_count, "need improvement"], ["poor", r.poor_count, "poor"]];
  const label = parts.map(([, n, what]) => format.count(n) + " " + what).join(", ");
  if (td.dataset.shown === label) return;
  td.dataset.shown = label;
  td.replaceChildren(el("span", { class: "visually-hidden" }, label), el("span", { class: "shares", "aria-hidden": "true", title: label }, ...parts.filter(([, n]) => n > 0).map(([kind, n]) => {
    const part = el("span", { class: kind });
    part.style.flexGrow = String(n);
    return part;
  })));
}

// properties are the others, on one line.
function properties(r) {
  const all = Object.entries(r.attributes).filter(([key]) => !shownElsewhere.has(key)).map(([key, v]) => (key.startsWith(r.name + ".") ? key.slice(r.name.length + 1) : key) + "=" + (v !== null && typeof v === "object" ? JSON.stringify(v) : v)).join("  ");
  return all.length > longestText ? all.slice(0, longestText) + "\u2026" : all || format.none;
}
