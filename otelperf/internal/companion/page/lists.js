// The smaller tables: dependencies, jobs, errors, requests in flight, past spikes.

import { mark, shape } from "./condition.js";
import { $, el, keyed, measure, show, stack, text, toggle } from "./dom.js";
import { baselineColumns, idle, numberColumns, timeColumn } from "./endpoints.js";
import * as format from "./format.js";
import { named } from "./names.js";
import { chip } from "./repeated.js";
import { requestCell } from "./request.js";
import { state } from "./state.js";
import { Table } from "./table.js";

const route = (label) => ({ id: "name", label, first: "asc", class: "name", value: (r) => format.name(r), cell: (td, r) => nameCell(td, r) });

function nameCell(td, r) {
  if (!td.firstChild) td.append(el("span", { class: "route" }));
  named(td.firstChild, r, r.path);
}

function list(id, options) {
  const table = new Table($(id), { onAll: () => {}, ...options });
  return (rows) => {
    show($(id), rows.length > 0);
    show($(id + "-empty"), rows.length === 0);
    table.show(rows);
  };
}

// examples leaves two requests, the longest, of each name that may never end: the rest are the same.
export function examples(active, leaked) {
  const left = new Map(leaked.map((l) => [l.name, 2]));
  return active.filter((r) => {
    const name = format.name(r).trim();
    if (left.has(name)) left.set(name, left.get(name) - 1);
    return !(left.get(name) < 0);
  });
}

// chosenCell is a button that shows a row in the chart.
function chosenCell(select, name) {
  return (td, r) => {
    if (!td.firstChild) td.append(el("button", { type: "button", class: "route plain", on: { click: () => select(td.row) } }));
    td.row = r;
    named(td.firstChild, { route: name(r) });
    chip(td, r.repeated_calls);
  };
}

// condition marks the ratio of a row in a table without a column for its state.
function condition(tr, r) {
  toggle(tr, "spiking", r.state === "spiking");
  const cell = tr.querySelector("td.ratio"), unusual = mark(r) === "spiking" || mark(r) === "elevated";
  if (unusual) cell.dataset.shape = shape(r);
  else delete cell.dataset.shape;
}

// makeLists returns what fills each. onAll is called with whether all past spikes are shown.
export function makeLists(openTrace, select, onAll) {
  const request = requestCell(openTrace);
  const time = (id, label) => ({ id, label, numeric: true, value: (r) => r[id], cell: (td, r) => text(td, r[id] ? format.whenOf(r[id]) : format.none) });
  return {
    dependencies: list("dependencies", {
      caption: "Calls to databases and other services", key: (r) => format.name(r), sort: { id: "time", desc: true }, idle: idle(1, "not called"),
      columns: [route("Call"), { id: "count", label: "calls", class: "number", numeric: true, value: (r) => r.count, cell: (td, r) => text(td, format.count(r.count)) }, ...numberColumns,
        { ...timeColumn, title: "Time that calls took, all together, in each second" }, ...baselineColumns],
      row: condition,
    }),
    jobs: list("jobs", {
      caption: "Work that no request began", key: (r) => r.route, sort: { id: "count", desc: true }, idle: idle(4, "not run"),
      columns: [{ id: "name", label: "Job", first: "asc", class: "name", value: (r) => r.route, cell: chosenCell(select, (r) => r.route) },
        { id: "count", label: "runs", numeric: true, value: (r) => r.count, cell: (td, r) => text(td, format.count(r.count)) }, ...numberColumns.filter((c) => c.id !== "rate"),
        { id: "max", label: "longest", class: "number", numeric: true, value: (r) => r.max_ms, cell: (td, r) => measure(td, format.duration(r.max_ms)) }, ...baselineColumns],
      row: condition,
    }),
    errors: list("errors", {
      caption: "Failures by endpoint and type", key: (r) => [r.kind, format.name(r), r.type].join(" "), sort: { id: "last", desc: true },
      columns: [{ id: "type", label: "Error", first: "asc", class: "name", value: (r) => r.type, cell: errorCell }, { id: "count", label: "count", numeric: true, value: (r) => r.count, cell: (td, r) => text(td, format.count(r.count)) },
        time("first", "first"), time("last", "last"), { id: "request", label: "latest request", class: "request-cell", cell: (td, r) => request(td, r.last_request) }],
    }),
    active: list("active", {
      caption: "Requests that are running now", key: (r) => r.span_id, sort: { id: "age", desc: true },
      columns: [route("Request"), { id: "age", label: "for", numeric: true, value: (r) => r.age_ms, cell: (td, r) => measure(td, format.duration(r.age_ms)) },
        { id: "in", label: "in", title: "The call that began last, while it runs; else what a slow one is doing", first: "asc", class: "name doing", value: (r) => r.in ?? r.doing?.sentence ?? "", cell: inCell }, time("start", "since")],
    }),
    history: list("history", {
      onAll, caption: "Spikes", key: (r) => r.id, sort: { id: "start", desc: true },
      columns: [{ ...time("start", "began"), cell: beganCell }, { id: "took", label: "lasted", numeric: true, value: (r) => r.end ? new Date(r.end) - new Date(r.start) : null, cell: (td, r) => text(td, r.end ? format.span((new Date(r.end) - new Date(r.start)) / 1000) : r.ended_later ? "still open then" : r.state === "open" ? "still open" : "not known") },
        { id: "ratio", label: "\u00d7", title: "In the worst minute", numeric: true, value: (r) => r.endpoints[0].worst_ratio, cell: (td, r) => text(td, format.times(r.endpoints[0].worst_ratio)) },
        { id: "slow", label: "slow", title: "Requests that took too long", numeric: true, value: (r) => r.cost_slow, cell: (td, r) => text(td, format.count(r.cost_slow)) },
        { id: "failed", label: "failed", title: "Requests that failed in that time", numeric: true, value: (r) => r.cost_failed, cell: (td, r) => text(td, format.count(r.cost_failed)) },
        { id: "cause", label: "why", class: "wide", cell: (td, r) => text(td, r.cause || format.none) },
        { id: "reason", label: "what was seen", class: "wide", cell: (td, r) => text(td, r.reason + (r.state === "new_normal" ? " (now the new normal)" : "")) },
        { id: "request", label: "slowest request", class: "request-cell", cell: (td, r) => request(td, r.slow_requests[0]) }],
    }),
  };
}

// beganCell leads to the time of a spike.
function beganCell(td, r) {
  const when = new Date(r.start), from = Math.floor(when / 60_000) * 60 - 300;
  const to = Math.ceil((r.end ? new Date(r.end) : when.getTime() + 600_000) / 60_000) * 60 + 300;
  const href = state.address({ from, to: Math.min(to, from + 86_400), endpoint: format.name(r.endpoints[0]) });
  if (td.firstChild?.getAttribute("href") === href) return;
  td.replaceChildren(el("a", { href, title: "Look at that time" }, format.whenOf(r.start)));
}

// showGroups says in sentences where slow requests are, and why that is not known of some.
export function showGroups({ groups, note }) {
  show($("active-groups"), groups.length > 0);
  keyed($("active-groups"), groups, (g) => [g.method, g.route, g.sentence.replace(/^\d+ requests?/, "")].join(" "), () => el("li"), (li, g) => text(li, g.sentence));
  show($("active-note"), Boolean(note));
  text($("active-note"), note ?? "");
}

// inCell says which call a request is in and, of a slow one, where its goroutine is, with the stack to be opened.
function inCell(td, r) {
  const lines = r.doing?.stack.join("\n") ?? "", stamp = [r.in, r.doing?.sentence, lines].join("\n");
  if (td.dataset.shown === stamp) return;
  td.dataset.shown = stamp;
  const open = td.querySelector("details")?.open ?? false;
  td.replaceChildren(el("span", null, r.in ?? (r.doing ? "" : format.none)), r.doing ? stack(r.doing.sentence, lines, open) : "");
}

function errorCell(td, r) {
  const stamp = r.type + r.message + format.name(r);
  if (td.dataset.shown === stamp) return;
  td.dataset.shown = stamp;
  td.replaceChildren(el("span", { class: "error-type" }, r.type || "error"), el("span", { class: "error-message" }, r.message), named(el("span", { class: "route muted" }), r),
    r.stack ? stack("Stack", r.stack) : "");
}
