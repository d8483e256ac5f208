// The list of slow and failed requests.

import { $, el, keyed, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { named } from "./names.js";
import { offer } from "./offers.js";
import { state } from "./state.js";

const held = 200; // requests that the page holds
const reasons = { threshold: "slow", baseline: "slower than usual", failed: "failed", spike: "in a spike" };

const failing = (e) => e.outcome === "server_error" || e.outcome === "panic";

// ended tells whether a request ended with a status of a class, as "4xx".
const ended = (e, status) => status === "failed" ? failing(e) : e.status !== null && Math.floor(e.status / 100) + "xx" === status;

// within tells whether a request ran in a fixed time, in unix seconds.
function within(e, from, to) {
  const began = new Date(e.time).getTime();
  return began < to * 1000 && began + e.duration_ms >= from * 1000;
}

export class SlowList {
  constructor(open) {
    this.open = open;
    this.entries = new Map();
    this.only = null;
    this.status = "";
    this.rows = []; // that are shown
    offer("slow-requests", "Slow and failed requests", () => this.rows);
    this.stored = 0; // in the process
  }

  // set takes a list, which may be of a time longer than the process has; its note says what is missing.
  set(list, ofDays = false) {
    Object.assign(this, { ofDays, note: list.note ?? "" });
    this.entries = new Map(list.slow.map((e) => [e.span_id, e]));
    this.stored = list.stored;
    this.render();
  }

  add(entry) {
    this.entries = new Map([[entry.span_id, entry], ...this.entries].slice(0, held));
    this.render();
  }

  of(endpoint) {
    return [...this.entries.values()].filter((e) => format.name(e) === endpoint);
  }

  render(now = this.now ?? new Date()) {
    this.now = now;
    const all = [...this.entries.values()].sort((a, b) => a.time < b.time ? 1 : -1);
    const rows = this.rows = all.filter((e) => (!state.frozen || within(e, state.get("from"), state.get("to"))) &&
      (!this.only || format.name(e) === this.only) && (!this.status || ended(e, this.status))).slice(0, 60);
    const longest = Math.max(1, ...rows.map((e) => e.duration_ms));
    keyed($("slow"), rows, (e) => e.span_id, (e) => this.make(e), (li, e) => {
      li.bar.style.width = Math.max(1, e.duration_ms / longest * 100) + "%";
      text(li.age, state.frozen ? format.whenOf(e.time) : format.ago(e.time, now));
    });
    show($("slow-empty"), rows.length === 0);
    const which = this.only || this.status ? "No such request" : "No request";
    text($("slow-empty"), state.frozen ? which + " of that time is stored as slow or failed. Those of long ago make room for newer ones." : which + (this.ofDays && !this.note ? " of that time is stored as slow or failed." : " was slow or failed so far."));
    const known = state.frozen ? rows.length : Math.max(all.length, this.stored);
    const count = rows.length < known ? rows.length + " of " + format.count(known) : known ? format.count(known) : "";
    text($("slow-count"), count + (this.note && !state.frozen ? " \u00b7 " + this.note : ""));
  }

  make(e) {
    const bar = el("span", { class: "slow-bar" }), age = el("span", { class: "muted age" });
    const failed = failing(e);
    const what = [e.status, e.outcome === "panic" ? "panic" : null, e.error_type || null, !failed && e.ratio ? format.times(e.ratio) + " the usual p99" : null].filter(Boolean).join(" \u00b7 ");
    const li = el("li", null,
      el("button", { type: "button", on: { click: () => this.open(e.trace_id) } },
        el("span", { class: "slow-time" }, format.durationText(e.duration_ms)),
        el("span", { class: "slow-main" }, named(el("span", { class: "route" }), e), el("span", { class: "slow-track", "aria-hidden": "true" }, bar),
          el("span", { class: "muted slow-what" }, el("span", { class: failed ? "bad" : "" }, failed ? "failed" : reasons[e.reason] ?? "slow"), what ? " \u00b7 " + what : "")),
        age));
    toggle(li, "failed", failed);
    return Object.assign(li, { bar, age });
  }
}
