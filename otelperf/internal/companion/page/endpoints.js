// The endpoints as a table.

import { $, el, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { chip } from "./repeated.js";
import { spark } from "./spark.js";
import { Table } from "./table.js";

const states = { spiking: 3, elevated: 2, learning: 1, normal: 0 };

// unknown is the title of a mark where requests are beyond the cardinality limit of the SDK.
export const unknown = "How some of them ended is not known: they count as ok";

const ms = (id, label, title) => ({ id, label, title, numeric: true, value: (r) => r[id + "_ms"], cell: (td, r) => measure(td, format.duration(r[id + "_ms"])) });

// numberColumns are those that endpoints and dependencies share.
export const numberColumns = [
  { id: "rate", label: "req/s", numeric: true, value: (r) => r.rate, cell: (td, r) => text(td, format.rate(r.rate)) },
  {
    id: "error_rate", label: "errors", numeric: true, value: (r) => r.error_rate, cell: (td, r) => {
      text(td, format.percent(r.error_rate) + (r.outcomes_unknown ? "\u202f?" : ""));
      td.title = r.outcomes_unknown ? unknown : "";
      toggle(td, "bad", r.error_count > 0);
      toggle(td, "faint", r.error_count === 0);
    },
  },
  ms("p50", "p50"), ms("p95", "p95"), ms("p99", "p99"),
];

export const baselineColumns = [
  { id: "baseline", label: "usual p99", title: "The baseline: what p99 normally is", numeric: true, value: (r) => r.baseline_p99_ms, cell: (td, r) => { measure(td, format.duration(r.baseline_p99_ms)); toggle(td, "faint", true); } },
  { id: "ratio", label: "\u00d7", title: "p99 as a multiple of the usual p99; in a spike, the quantile that fired, in its worst minute", numeric: true, value: (r) => r.ratio, cell: ratioCell },
];

export class Endpoints {
  constructor({ sort, onSort, select }) {
    this.select = select;
    this.filter = "";
    this.rows = [];
    this.trends = new Map();
    this.table = new Table($("endpoints"), {
      caption: "Endpoints with rate, errors, latency and state", key: (r) => r.kind + " " + format.name(r), sort, onSort,
      columns: [
        { id: "state", label: el("span", { class: "visually-hidden" }, "State"), title: "State", class: "state", value: (r) => states[badgeClass(r)] ?? 0, cell: stateCell },
        { id: "name", label: "Endpoint", first: "asc", class: "name", value: (r) => r.route + " " + r.method, cell: (td, r) => this.nameCell(td, r) },
        ...numberColumns,
        { id: "trend", label: "p99, last 30 min", class: "trend", cell: (td, r) => this.trendCell(td, r) },
        ...baselineColumns,
      ],
      row: (tr, r) => {
        toggle(tr, "spiking", badgeClass(r) === "spiking");
        toggle(tr, "selected", format.name(r) === this.selected);
      },
    });
  }

  show(rows) {
    this.rows = rows;
    this.render();
  }

  setTrends(rows) {
    this.trends = new Map(rows.map((r) => [r.kind + " " + format.name(r), r.trend_p99_ms]));
    this.render();
  }

  render() {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.rows.filter((r) => words.every((w) => (format.name(r) + " " + r.state).toLowerCase().includes(w)));
    text($("endpoints-count"), found.length === this.rows.length ? format.count(found.length) : found.length + " of " + this.rows.length);
    show($("endpoints"), found.length > 0);
    show($("endpoints-empty"), found.length === 0);
    text($("endpoints-empty"), this.rows.length ? "No endpoint matches the filter." : "No requests in this window.");
    this.table.show(found);
  }

  nameCell(td, r) {
    if (!td.firstChild) {
      td.append(el("button", { type: "button", class: "route plain", on: { click: () => this.select(td.row) } }, el("span", { class: "method" }, r.method), el("span", null, r.route)));
    }
    td.row = r;
    chip(td, r.repeated_calls);
    const chosen = String(format.name(r) === this.selected);
    if (td.firstChild.getAttribute("aria-pressed") !== chosen) td.firstChild.setAttribute("aria-pressed", chosen);
  }

  trendCell(td, r) {
    const trend = this.trends.get(r.kind + " " + format.name(r)) ?? [];
    spark(td, [...trend, r.p99_ms], r.baseline_p99_ms, r.state === "spiking");
  }
}

function ratioCell(td, r) {
  const spiking = r.state === "spiking" && r.ratio_quantile !== null;
  measure(td, [format.times(r.ratio), spiking ? "\u202f" + format.quantile(r.ratio_quantile) : ""]);
  toggle(td, "bad", r.state === "spiking");
  toggle(td, "warn", r.state === "elevated");
  toggle(td, "faint", r.state !== "spiking" && r.state !== "elevated");
  td.title = spiking ? format.quantile(r.ratio_quantile) + " in the worst minute of the spike" : "";
}

// readiness says what is missing for a baseline, and how long that takes.
const readiness = (r) => format.plural(r.needed, "more request") + (r.ready_seconds === undefined ? "" : ", about " + format.span(r.ready_seconds) + " at this rate");

// unjudged tells whether nobody knows yet if an endpoint is slow: it is learning, or in the grace after a start or a silence.
const unjudged = (r) => r.state === "learning" || r.ready_seconds !== undefined;

// states of failures and of traffic, which are said before those of latency.
function troubles(r) {
  return [
    r.error_state === "failing" ? "failing" : "", r.traffic_state === "silent" ? "silent: its usual requests are missing" : "",
    r.error_state === "elevated" ? "fails " + format.percent(r.usual_error_rate) + " as usual" : "",
  ].filter(Boolean);
}

const stateLabel = (r) => [...troubles(r), latencyLabel(r)].join("; ");

// badgeClass is the worst of what the label says.
function badgeClass(r) {
  if (r.state === "spiking" || r.error_state === "failing" || r.traffic_state === "silent") return "spiking";
  if (r.error_state === "elevated" || r.state === "elevated") return "elevated";
  return r.state === "normal" && unjudged(r) ? "learning" : r.state;
}

function latencyLabel(r) {
  if (r.state !== "learning" && unjudged(r)) return r.state + ", but not judged for another " + format.span(r.ready_seconds) + ", after a start or a silence";
  if (r.state === "learning" && r.needed) return "learning: " + readiness(r);
  if (r.state === "elevated") return "elevated in this window, but no spike is open";
  return r.state;
}

function stateCell(td, r) {
  const label = stateLabel(r);
  if (td.dataset.shown === label) return;
  td.dataset.shown = label;
  td.replaceChildren(el("span", { class: "badge " + badgeClass(r), title: label }, el("span", { class: "visually-hidden" }, label)));
}
