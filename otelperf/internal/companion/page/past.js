// What a history has beyond the process: the same time of other days, the spikes of the last 30 days, and what of a time is not stored.

import { $, el, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { get } from "./source.js";

const day = 86_400, pageSize = 50, longest = 1000; // spikes

// others are the days whose same time stands beside now.
export const others = [["yesterday", "yesterday", day], ["last_week", "last week", 7 * day]];

// lines are the p99 of the same time of other days, where there is any, moved to the time of a series, as {id, label, points}.
export const lines = (series) => others.flatMap(([id, label, ago]) => {
  const line = series.usual?.[id];
  if (!line?.points.some((p) => p.p99_ms !== null)) return [];
  const points = line.points.map((p) => ({ ...p, t: new Date(new Date(p.t).getTime() + ago * 1000).toISOString() }));
  return [{ id, label, points }];
});

// gaps are the times between two others, in ms, that nothing is stored of.
export const gaps = (stored, begin, end) => (stored?.gaps ?? [])
  .map((g) => ({ from: Math.max(new Date(g.from).getTime(), begin), to: Math.min(new Date(g.to).getTime(), end) })).filter(({ from, to }) => to > from);

// Usual is what endpoints did at this time on other days.
export class Usual {
  constructor() {
    this.rows = new Map();
    this.on = false;
  }

  set(rows) {
    this.on = true;
    this.rows = new Map(rows.map((r) => [r.kind + " " + format.name(r), r.usual]));
  }

  of(r) { return this.rows.get(r.kind + " " + format.name(r)); }

  // column has the p99 of yesterday, or else of last week.
  column() {
    const shown = (r) => this.of(r)?.yesterday ?? this.of(r)?.last_week ?? null;
    return {
      id: "then", label: "yesterday", title: "p99 at the same time yesterday, or where that is not stored last week", class: "then", numeric: true,
      value: (r) => shown(r)?.p99_ms ?? null,
      cell: (td, r) => {
        measure(td, format.duration(shown(r)?.p99_ms ?? null));
        toggle(td, "faint", true);
        td.title = others.map(([id, label]) => {
          const n = this.of(r)?.[id];
          return label + ": " + (n ? "p99 " + format.durationText(n.p99_ms) + ", " + format.count(n.count) + " requests, " + format.period({ from: new Date(n.from) / 1000, to: new Date(n.to) / 1000 }) : "nothing is stored");
        }).join("; ");
      },
    };
  }
}

// Spikes are those of the last 30 days, a page of them at first, and older ones when they are asked for.
export class Spikes {
  constructor(changed) {
    this.list = [];
    this.limit = pageSize;
    this.count = 0;
    this.all = false; // the table shows all of the list
    this.more = el("button", { type: "button", class: "quiet more", id: "history-older", hidden: true, on: { click: () => { this.limit += pageSize; changed(); } } }, "Older");
    $("history").parentElement.after(this.more);
  }

  // refresh asks for them.
  async refresh() {
    const to = Math.floor(Date.now() / 1000);
    const answer = await get("spikes?" + new URLSearchParams({ from: to - 30 * day, to, limit: Math.min(longest, this.limit) }));
    this.list = answer.spikes.filter((s) => s.state !== "open");
    this.count = answer.count;
  }

  // beside are those that a list of spikes has not. Of their requests the slow log has none any more.
  beside(spikes) {
    const known = new Set(spikes.map((s) => s.id));
    return this.list.filter((s) => !known.has(s.id)).map((s) => ({ ...s, slow_requests: s.slow_requests.map((r) => ({ ...r, stored: false })) }));
  }

  // render shows the button, where there are older ones than the table shows.
  render(on) {
    show(this.more, on && this.all && this.count > this.limit && this.limit < longest);
    text(this.more, "Older: " + format.some(Math.min(this.limit, this.count), this.count).trim() + " are shown");
  }
}

// unstored says what of a time, in unix seconds, is not stored, "" if all is. Steps that have something of it count as all of it, and a gap
// of less than a thousandth as none: a restart.
export function unstored(stored, from, to) {
  if (!stored) return "";
  if (!stored.from) return "Nothing of that time is stored.";
  const slack = Math.max(stored.step_seconds, (to - from) / 100), began = new Date(stored.from) / 1000;
  const gaps = stored.gaps.map((g) => ({ from: new Date(g.from) / 1000, to: new Date(g.to) / 1000 })).filter((g) => g.to - g.from >= (to - from) / 1000), n = gaps.length + (stored.more_gaps ?? 0);
  const longest = gaps.toSorted((a, b) => (b.to - b.from) - (a.to - a.from))[0];
  return [
    began > from + slack ? "It is stored from " + format.moment(stored.from) + " on." : "",
    n === 1 ? "Nothing is stored of " + format.stretch(longest) + "." : "",
    n > 1 ? "It has " + format.count(n) + " gaps, the longest " + format.stretch(longest) + "." : "",
    stored.note ?? "",
  ].filter(Boolean).join(" ");
}
