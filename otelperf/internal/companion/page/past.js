// What a history has beyond the process: the longer windows, the same time of other days, and the spikes of the last 30 days.

import { $, el, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { get } from "./source.js";

const day = 86_400, pageSize = 50;

// others are the days whose same time stands beside now.
export const others = [["yesterday", "yesterday", day], ["last_week", "last week", 7 * day]];

// lines are the p99 of the same time of other days, moved to the time of a series, as {id, label, points}.
export const lines = (series) => others.flatMap(([id, label, ago]) => {
  const line = series.usual?.[id];
  if (!line) return [];
  const points = line.points.map((p) => ({ ...p, t: new Date(new Date(p.t).getTime() + ago * 1000).toISOString() }));
  return [{ id, label, points }];
});

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
    this.more = el("button", { type: "button", class: "quiet more", id: "history-older", hidden: true, on: { click: () => { this.limit += pageSize; changed(); } } }, "Older");
    $("history").parentElement.after(this.more);
  }

  // refresh asks for them.
  async refresh() {
    const to = Math.floor(Date.now() / 1000);
    const answer = await get("spikes?" + new URLSearchParams({ from: to - 30 * day, to, limit: Math.min(1000, this.limit) }));
    this.list = answer.spikes.filter((s) => s.state !== "open");
    show(this.more, answer.count > this.limit && this.limit < 1000);
    text(this.more, "Older: " + format.some(Math.min(this.limit, answer.count), answer.count).trim() + " are shown");
  }
}

// stored says what of a time is missing, where something is.
export function storedText(stored) {
  if (!stored) return "";
  const gaps = stored.gaps.length + (stored.more_gaps ?? 0);
  return [stored.from ? "stored from " + format.period({ from: new Date(stored.from) / 1000, to: new Date(stored.to) / 1000 }) : "nothing of that time is stored",
    gaps ? format.plural(gaps, "gap") + ", the longest of " + format.span(Math.max(...stored.gaps.map((g) => (new Date(g.to) - new Date(g.from)) / 1000))) : "", stored.note ?? ""].filter(Boolean).join("; ");
}
