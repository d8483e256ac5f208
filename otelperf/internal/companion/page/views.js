// The chosen endpoint as lines over time, as a histogram and as a heatmap: one of them is shown, of what happens or of a fixed time.

import { Chart } from "./chart.js";
import { Distribution } from "./distribution.js";
import { $, show, text } from "./dom.js";
import * as format from "./format.js";
import { Heatmap } from "./heatmap.js";
import { named } from "./names.js";
import { offer } from "./offers.js";
import { reading } from "./past.js";
import { get } from "./source.js";
import { long, state } from "./state.js";

// identity is what tells a row from all others, as parameters.
export const identity = (row) => ({ method: row.method, route: row.route, kind: row.kind });

const spanWords = { "1m": "last minute", "5m": "last 5 minutes", "1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days", all: "since the start" };

export class Views {
  constructor({ openTrace }) {
    this.chart = new Chart({ openTrace });
    this.all = { line: this.chart, histogram: new Distribution(), heatmap: new Heatmap() };
    this.turn = 0;
    this.history = false; // there is one: more than the last hour is stored
    $("views").addEventListener("change", (e) => state.set({ view: e.target.value }));
    state.listen(() => this.switch(), "view");
    offer("latency", "The chosen endpoint, as it is drawn", () => this.answer?.points ?? this.answer?.buckets ?? this.answer?.columns ?? []);
    this.switch();
  }

  // next shows the view after the one that is shown.
  next() {
    const names = Object.keys(this.all);
    state.set({ view: names[(names.indexOf(state.get("view")) + 1) % names.length] });
  }

  get shown() { return this.all[state.get("view")]; }

  // switch shows the view that is chosen; what it shows comes with refresh.
  switch() {
    document.querySelector(`#views input[value="${state.get("view")}"]`).checked = true;
    for (const view of Object.values(this.all)) show(view.box, view === this.shown);
    this.shown.render();
  }

  // setMarks takes the marks, newest first.
  setMarks(all) {
    const stamp = JSON.stringify(all);
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    this.all.line.marks = this.all.heatmap.marks = all;
    this.shown.render();
  }

  clear(message) {
    this.turn++;
    this.answer = null;
    for (const view of Object.values(this.all)) view.clear(message);
    named($("chart-name"), { method: "", route: "" });
    text($("chart-span"), "");
  }

  // refresh asks for what the view shows of a row: slow are its slow requests, spikes its spikes, stored the time that there is something of.
  // It returns the times that the drawing begins and ends at, or null.
  async refresh(row, { slow, spikes, stored }) {
    const turn = ++this.turn, view = state.get("view");
    if (state.frozen && !this.history && (state.get("to") * 1000 <= stored.from || state.get("from") * 1000 > stored.to)) {
      named($("chart-name"), row);
      this.describe(view, {});
      this.shown.clear("Nothing of that time is stored: that is what was from " + format.dayAndTime(stored.from) + " on.");
      return null;
    }
    const answer = await this.ask(view, row);
    if (turn !== this.turn) return null;
    this.answer = answer;
    named($("chart-name"), row);
    this.describe(view, answer);
    return this.draw(view, answer, slow, spikes);
  }

  async ask(view, row) {
    const window = state.get("window"), path = { line: "series", histogram: "distribution", heatmap: "heatmap" }[view];
    const of = (time, at = path) => get("endpoints/" + at + "?" + new URLSearchParams({ ...identity(row), ...time }));
    const beside = this.history && view === "line" ? (time) => reading.beside((usual) => of({ ...time, ...usual })) : of;
    if (state.frozen) return beside({ from: state.get("from"), to: state.get("to") });
    if (view === "histogram" || window in long) return beside({ window });
    if (window === "1m") return of({ window });
    const hour = await beside({ window: "1h" });
    if ((hour.points ?? hour.columns).length >= 10) return hour;
    return refined(hour, await of({ window: "1m" }));
  }

  describe(view, answer) {
    const window = state.get("window");
    const drawn = (answer.points ?? answer.columns ?? []).filter((p) => p.t);
    if (state.frozen) text($("chart-span"), format.period({ from: state.get("from"), to: state.get("to") }));
    else if (window in long) text($("chart-span"), spanWords[window]);
    else if (view === "histogram") text($("chart-span"), spanWords[window]);
    else text($("chart-span"), drawn.length > 0 ? drawnTime(drawn) : "");
  }

  draw(view, answer, slow, spikes) {
    if (view === "line") {
      if (answer.points.length === 0) {
        this.chart.clear("No requests in this time.");
        return null;
      }
      this.chart.show(answer, slow);
    } else {
      this.shown.show(answer, spikes);
    }
    return view === "histogram" ? null : { begin: this.shown.begin, end: this.shown.end };
  }
}

// drawnTime says from when to when steps are, and how long they are.
function drawnTime(steps) {
  const last = steps.at(-1), minutes = steps.some((p) => p.seconds > 10), short = steps.some((p) => p.seconds <= 10);
  return format.during({ from: new Date(steps[0].t) / 1000, to: new Date(last.t) / 1000 + last.seconds }) +
    (minutes && short ? ", by the minute, then by 10\u202fs" : minutes ? ", by the minute" : ", in steps of 10\u202fs");
}

// refined puts the steps of ten seconds of the last minute in the place of what is left of it, where there are few minutes. The rows of a
// heatmap are others in each answer: its minutes stay, but for the first.
function refined(hour, minute) {
  if (hour.columns) return minute.columns.length >= hour.columns.length ? minute : hour;
  const start = (p) => new Date(p.t).getTime(), begin = minute.points.length ? start(minute.points[0]) : Infinity;
  const whole = hour.points.filter((p) => start(p) < begin - 500), until = whole.length ? start(whole.at(-1)) + whole.at(-1).seconds * 1000 : -Infinity;
  return { ...hour, points: [...whole, ...minute.points.filter((p) => start(p) > until - 500)] };
}
