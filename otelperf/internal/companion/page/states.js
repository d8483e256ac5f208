// What the goroutine of a slow request did with its time, from a recording of the runtime's execution trace: one bar, and a table that
// says the same in words.

import { el } from "./dom.js";
import * as format from "./format.js";

// Groups of states that share a colour. What is not in one is "other".
const groups = {
  running: ["running", ["running"]],
  cpu: ["waiting for a CPU", ["runnable", "not_scheduled"]],
  gc: ["garbage collection", ["gc"]],
  lock: ["waiting for a lock or a pool", ["lock", "rwlock", "once", "cond", "semaphore", "singleflight", "rate_limit", "db_connection", "cache_connection", "http_connection"]],
  channel: ["waiting for other goroutines", ["waitgroup", "chan_send", "chan_receive", "select", "pipe"]],
  network: ["waiting for a reply or the network", ["db_reply", "cache_reply", "http_reply", "rpc_reply", "dial", "dns", "network_read", "network_write"]],
  sleep: ["sleeping", ["sleep", "timer"]],
  disk: ["system calls and the disk", ["syscall", "disk"]],
  other: ["not known", []],
};
const groupOf = Object.fromEntries(Object.entries(groups).flatMap(([group, [, states]]) => states.map((s) => [s, group])));
const group = (state) => Object.hasOwn(groupOf, state) ? groupOf[state] : "other";

// stateBar draws a time line on an axis of reach milliseconds.
export function stateBar(timeline, reach) {
  return timeline.map((s) => {
    const b = el("span", { class: "state-bar state-" + group(s.state), title: groups[group(s.state)][0] + (s.line ? " at " + s.line : "") + ", " + format.durationText(s.duration_ms) });
    const left = Math.min(Math.max(s.offset_ms / reach, 0), 1);
    b.style.left = left * 100 + "%";
    b.style.width = Math.min(s.duration_ms / reach, 1 - left) * 100 + "%";
    return b;
  });
}

// states is the whole: bar, legend and table.
export function states(recorded) {
  const seen = new Set(recorded.timeline.map((s) => group(s.state)));
  const track = el("span", { class: "track", "aria-hidden": "true" }, ...stateBar(recorded.timeline, Math.max(recorded.duration_ms, 0.001)));
  const legend = el("ul", { class: "legend" }, ...Object.keys(groups).filter((g) => seen.has(g)).map((g) => el("li", null, el("i", { class: "swatch state-" + g }), groups[g][0])));
  const rows = recorded.parts.map((p) => el("tr", null,
    el("td", null, el("i", { class: "swatch state-" + group(p.state) }), " " + p.reason + (p.times >= 2 ? ", " + Math.round(p.times) + " times" : "")),
    el("td", { class: "n" }, format.durationText(p.duration_ms)), el("td", { class: "n" }, format.percent(p.share))));
  if (recorded.rest_ms > 0) rows.push(el("tr", null, el("td", { class: "muted" }, "the rest"), el("td", { class: "n" }, format.durationText(recorded.rest_ms)), el("td", { class: "n" }, format.percent(recorded.rest_ms / Math.max(recorded.duration_ms, 0.001)))));
  return el("section", { class: "states", "aria-label": "What the request waited for" },
    el("h3", null, "What its goroutine did"), track, legend,
    el("table", { class: "states-table" },
      el("caption", { class: "visually-hidden" }, "What the time of the request was spent on, from the runtime's execution trace"),
      el("thead", null, el("tr", null, el("th", { scope: "col" }, "reason"), el("th", { scope: "col", class: "n" }, "time"), el("th", { scope: "col", class: "n" }, "share"))),
      el("tbody", null, ...rows)),
    recorded.cut ? el("p", { class: "muted" }, "It was not followed to its end: there was too much to follow.") : null);
}
