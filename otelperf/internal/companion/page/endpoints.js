// The endpoints as a table: the worst first, and few of many.

import { inIncident, label, mark, missingRequests, missingTime, rank, stateCell, unjudged } from "./condition.js";
import { $, el, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { named } from "./names.js";
import { chip } from "./repeated.js";
import { spark } from "./spark.js";
import { state } from "./state.js";
import { Table } from "./table.js";

// unknown is the title of a mark where requests are beyond the cardinality limit of the SDK.
export const unknown = "How some of them ended is not known: they count as ok";

const ended = (r, ...outcomes) => outcomes.reduce((sum, o) => sum + (r.outcomes[o] ?? 0), 0);

// classes are the outcomes that a status may be chosen by.
const classes = {
  "": { label: "errors", of: (r) => r.error_count },
  "2xx": { label: "2xx, 3xx", of: (r) => ended(r, "ok"), well: true },
  "4xx": { label: "4xx", of: (r) => ended(r, "client_error") },
  "5xx": { label: "5xx", of: (r) => ended(r, "server_error", "panic") },
  failed: { label: "failed", of: (r) => r.error_count },
};
classes["3xx"] = classes["2xx"];

const chosenClass = () => classes[state.get("status")];

// fields are those of the quantiles that may be chosen.
const fields = { p50: "p50_ms", p90: "p90_ms", p95: "p95_ms", p99: "p99_ms", "p99.9": "p999_ms" };

// three are the quantiles that are shown when one of them is chosen.
const three = { p90: ["p50", "p90", "p99"], "p99.9": ["p50", "p99", "p99.9"] };

export const shownQuantiles = () => (three[state.get("quantile")] ?? ["p50", "p95", "p99"]).map((id) => ({ id, field: fields[id] }));

const quantiles = Object.entries(fields).map(([id, field]) => ({
  id, label: id, class: "quantile " + id.replace(".", ""), numeric: true,
  value: (r) => r[field], cell: (td, r) => measure(td, format.duration(r[field])),
}));

function errorCell(td, r) {
  text(td, format.percent(r.error_rate) + (r.outcomes_unknown ? "\u202f?" : ""));
  td.title = r.outcomes_unknown ? unknown : "";
  toggle(td, "bad", r.error_count > 0);
  toggle(td, "faint", r.error_count === 0);
}

// numberColumns are those that endpoints and dependencies share.
export const numberColumns = [
  { id: "rate", label: "req/s", class: "rate", numeric: true, value: (r) => r.rate, cell: (td, r) => text(td, format.rate(r.rate)) },
  { id: "error_rate", label: "errors", class: "share-of", numeric: true, value: (r) => r.error_rate, cell: errorCell },
  ...quantiles,
];

// spent is the time that requests took, all together, in milliseconds a second: of how many ran at once, a thousand times.
const spent = (r) => (r.rate ?? 0) * (r.avg_ms ?? 0);

export const timeColumn = {
  id: "time", label: "time/s", title: "Time that requests took, all together, in each second", class: "time", numeric: true, value: spent,
  cell: (td, r) => measure(td, format.duration(spent(r))),
};

export const baselineColumns = [
  {
    id: "baseline", label: "usual p99", title: "The baseline: what p99 normally is; while it is learned, the requests that are missing",
    class: "usual", numeric: true, value: (r) => r.baseline_p99_ms, cell: usualCell,
  },
  {
    id: "ratio", label: "\u00d7", title: "p99 as a multiple of the usual p99; in a spike, the quantile that fired, in its worst minute; " +
      "while it is learned, the time that is missing",
    class: "ratio", numeric: true, value: (r) => r.ratio, cell: ratioCell,
  },
];

// idle are rows that nothing was done with in the window, as an option of a table; what is in an incident is none of them.
export const idle = (least, what) => ({ is: (r) => r.count === 0 && !inIncident(r), least, words: () => what + " " + state.when });

const held = 10_000; // ms for which the order by impact stays, so that rows do not jump about every second

export class Endpoints {
  constructor({ select, usual }) {
    this.select = select;
    this.rows = [];
    this.trends = new Map();
    this.impacts = new Map();
    this.share = el("span");
    const share = { label: this.share, value: (r) => this.shareOf(r), cell: (td, r) => this.shareCell(td, r) };
    const numbers = numberColumns.map((c) => c.id === "error_rate" ? { ...c, ...share } : c);
    this.table = new Table($("endpoints"), {
      caption: "Endpoints with rate, errors, latency and state", key, sort: order(),
      onSort: ({ id, desc }) => state.set({ order: (desc ? "-" : "") + id }), onAll: (all) => state.set({ all }), worst: true,
      keep: (r) => format.name(r) === this.selected, idle: idle(4, "without a request"),
      orders: [{ id: "impact", value: (r) => [Number(inIncident(r)), this.impacts.get(key(r)) ?? r.impact] }],
      columns: [
        { id: "state", label: el("span", { class: "visually-hidden" }, "State"), title: "State", class: "state", value: (r) => rank[mark(r)] ?? 0, cell: stateCell },
        { id: "name", label: "Endpoint", first: "asc", class: "name", value: (r) => r.route + " " + r.method, cell: (td, r) => this.nameCell(td, r) },
        ...numbers, timeColumn,
        usual.column(),
        { id: "trend", label: "p99, last 30 min", class: "trend", cell: (td, r) => this.trendCell(td, r) },
        ...baselineColumns,
      ],
      row: (tr, r) => {
        toggle(tr, "spiking", mark(r) === "spiking");
        toggle(tr, "selected", format.name(r) === this.selected);
      },
    });
    for (const [id, name] of [["endpoints-order", "order"], ["endpoints-status", "status"], ["quantile", "quantile"]]) {
      $(id).addEventListener("change", (e) => state.set({ [name]: e.target.value }));
    }
  }

  show(rows) {
    this.rows = rows;
    this.settle();
    this.render();
  }

  // settle takes the impacts anew, now and then.
  settle() {
    const now = performance.now();
    if (now < this.until) return;
    this.impacts = new Map(this.rows.map((r) => [key(r), r.impact]));
    this.until = now + held;
  }

  setTrends(rows) {
    this.trends = new Map(rows.map((r) => [key(r), r.trend_p99_ms]));
    this.render();
  }

  // follow brings the controls in line with the state.
  follow() {
    this.table.sort = order();
    this.table.all = state.get("all");
    $("endpoints-status").value = state.get("status");
    $("quantile").value = state.get("quantile");
    $("endpoints-order").value = state.get("order");
    if ($("endpoints-order").selectedIndex < 0) $("endpoints-order").value = "column";
    document.body.dataset.quantile = state.get("quantile");
    text(this.share, chosenClass().label);
  }

  render() {
    const words = state.get("q").toLowerCase().split(/\s+/).filter(Boolean), only = state.get("status") ? chosenClass().of : () => 1;
    const found = this.rows.filter((r) => only(r) > 0 && words.every((w) => (format.name(r) + " " + label(r)).toLowerCase().includes(w)));
    this.table.idle.folds = words.length === 0;
    const shown = this.table.show(found);
    text($("endpoints-count"), shown === this.rows.length ? format.count(shown) : format.count(shown) + " of " + format.count(this.rows.length));
    show($("endpoints"), found.length > 0);
    show($("endpoints-empty"), found.length === 0 && this.rows.length > 0);
    const why = [words.length ? "matches the search" : "", state.get("status") ? "had such a request " + state.when : ""];
    text($("endpoints-empty"), "No endpoint " + why.filter(Boolean).join(" and ") + ".");
  }

  shareOf(r) { return r.count > 0 ? chosenClass().of(r) / r.count : null; }

  shareCell(td, r) {
    errorCell(td, r);
    if (!state.get("status")) return;
    text(td, format.percent(this.shareOf(r)) + (r.outcomes_unknown ? "\u202f?" : ""));
    toggle(td, "bad", !chosenClass().well);
    toggle(td, "faint", false);
  }

  nameCell(td, r) {
    if (!td.firstChild) td.append(named(el("button", { type: "button", class: "route plain", on: { click: () => this.select(td.row) } }), r));
    td.row = r;
    chip(td, r.repeated_calls);
    const chosen = String(format.name(r) === this.selected);
    if (td.firstChild.getAttribute("aria-pressed") !== chosen) td.firstChild.setAttribute("aria-pressed", chosen);
  }

  trendCell(td, r) {
    spark(td, [...this.trends.get(key(r)) ?? [], r.p99_ms], r.baseline_p99_ms, r.state === "spiking");
  }
}

const key = (r) => r.kind + " " + format.name(r);

function order() {
  const chosen = state.get("order") || "-impact";
  return { id: chosen.replace(/^-/, ""), desc: chosen.startsWith("-") };
}

// worst is the row to look at first: in an open incident, and of those, or of all, the one with the most impact.
export function worst(rows) {
  return rows.toSorted((a, b) => inIncident(b) - inIncident(a) || b.impact - a.impact)[0] ?? null;
}

function usualCell(td, r) {
  toggle(td, "faint", true);
  if (r.state === "learning" && r.baseline_p99_ms === null) {
    missingRequests(td, r);
    delete td.dataset.shown;
    return;
  }
  td.title = "";
  measure(td, format.duration(r.baseline_p99_ms));
}

function ratioCell(td, r) {
  const spiking = r.state === "spiking" && r.ratio_quantile !== null;
  toggle(td, "bad", r.state === "spiking");
  toggle(td, "warn", r.state === "elevated");
  toggle(td, "faint", r.state !== "spiking" && r.state !== "elevated");
  if (unjudged(r) && r.ratio === null) {
    missingTime(td, r);
    delete td.dataset.shown;
    return;
  }
  measure(td, [format.times(r.ratio), spiking ? "\u202f" + format.quantile(r.ratio_quantile) : ""]);
  td.title = spiking ? format.quantile(r.ratio_quantile) + " in the worst minute of the spike" : "";
}
