// What a history has beyond the process: the same time of other days, the spikes of the last 30 days, and what of a time is not stored.

import { $, el, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { get } from "./source.js";

const day = 86_400, pageSize = 50, longest = 1000; // spikes

// others are the days whose same time stands beside now.
export const others = [["yesterday", "yesterday", day], ["last_week", "last week", 7 * day]];

// lines are the p99 of the same time of other days, where there is any, moved to the time of a series, as {id, label, points} with the seconds that are stored of then.
export const lines = (series) => others.flatMap(([id, label, ago]) => {
  const line = series.usual?.[id];
  if (!line?.points.some((p) => p.p99_ms !== null)) return [];
  const points = line.points.map((p) => ({ ...p, t: new Date(new Date(p.t).getTime() + ago * 1000).toISOString() }));
  return [{ id, label, points, seconds: line.seconds }];
});

// late is by how many seconds what several instances share may lag behind, so that its end is not worth a word.
const late = 180;

// within are the gaps between what is stored, without a missing beginning or end.
export const within = (stored) => (stored?.gaps ?? []).filter((g) => stored.from && new Date(g.from) >= new Date(stored.from) && new Date(g.to) <= new Date(stored.to));

// gaps are the times between two others, in ms, that nothing is stored of.
export const gaps = (stored, begin, end) => (stored?.gaps ?? [])
  .map((g) => ({ from: Math.max(new Date(g.from).getTime(), begin), to: Math.min(new Date(g.to).getTime(), end) })).filter(({ from, to }) => to > from);

const patience = 30_000; // ms for which other days are not asked for after they could not be read

// reading asks for other days, and goes without them where they cannot be read.
export const reading = {
  failed: "", // why they could not be read when they were asked for last
  until: 0,

  // beside calls ask with the parameters of an answer that has other days, and again without them where it fails for their sake.
  async beside(ask) {
    if (performance.now() < this.until) return ask({});
    let why = "", answer;
    try {
      answer = await ask({ usual: true });
      why = answer.usual_note ?? "";
    } catch (e) {
      if (e.status !== 503) throw e;
      answer = await ask({}); // if that fails, too, it is not for the sake of other days
      why = e.message;
    }
    this.failed = why;
    if (why) this.until = performance.now() + patience;
    text($("usual-note"), why && "Other days cannot be read. " + why);
    show($("usual-note"), why !== "");
    return answer;
  },
};

// partly says of the same time of another day how much of it is stored, gaps left out, where that is less than nine tenths of its seconds; ""
// otherwise. Of less than half there is little, too little to compare.
export const partly = (then, seconds) => then.seconds < 0.9 * seconds ? format.span(then.seconds) + " of " + format.span(seconds) : "";
const little = (then, seconds) => then.seconds < seconds / 2;

// Usual is what endpoints did at this time on other days.
export class Usual {
  constructor() {
    this.rows = new Map();
    this.seconds = 0;
  }

  // set takes rows, and the seconds of the time that they are of.
  set(rows, seconds) {
    this.seconds = seconds;
    this.rows = new Map(rows.map((r) => [r.kind + " " + format.name(r), r.usual]));
  }

  of(r) { return this.rows.get(r.kind + " " + format.name(r)); }

  // column has the p99 of yesterday, or else of last week: of whichever at least half is stored.
  column() {
    const shown = (r) => others.map(([id]) => this.of(r)?.[id]).find((n) => n && !little(n, this.seconds)) ?? null;
    return {
      id: "then", label: "yesterday", title: "p99 at the same time yesterday, or where that is not stored last week", class: "then", numeric: true,
      value: (r) => shown(r)?.p99_ms ?? null,
      cell: (td, r) => {
        measure(td, format.duration(shown(r)?.p99_ms ?? null));
        toggle(td, "faint", true);
        toggle(td, "missing", !shown(r));
        td.title = others.map(([id, label]) => {
          const n = this.of(r)?.[id], part = n ? partly(n, this.seconds) : "";
          if (!n) return label + ": nothing is stored";
          if (little(n, this.seconds)) return label + ": " + part + " are stored, too little to compare";
          return label + ": p99 " + format.durationText(n.p99_ms) + ", " + format.count(n.count) + " requests, " + format.period({ from: new Date(n.from) / 1000, to: new Date(n.to) / 1000 }) + (part && ", of which " + part + " are stored");
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
    this.failed = ""; // why they could not be read
    this.at = 0; // when they were read last, in ms
    this.note = ""; // what was missing then
    this.all = false; // the table shows all of the list
    this.more = el("button", { type: "button", class: "quiet more", id: "history-older", hidden: true, on: { click: () => { this.limit += pageSize; changed(); } } }, "Older");
    $("history").parentElement.after(this.more);
  }

  // refresh asks for them.
  async refresh() {
    const to = Math.floor(Date.now() / 1000);
    let answer;
    try {
      answer = await get("spikes?" + new URLSearchParams({ from: to - 30 * day, to, limit: Math.min(longest, this.limit) }));
    } catch (e) {
      this.failed = e.message;
      return;
    }
    this.failed = "";
    this.note = answer.note ?? "";
    this.at = to * 1000;
    this.list = answer.spikes.filter((s) => s.state !== "open");
    this.count = answer.count;
  }

  // beside are those that a list of spikes has not. Of their requests the slow log has none any more.
  beside(spikes) {
    const known = new Set(spikes.map((s) => s.id));
    return this.list.filter((s) => !known.has(s.id)).map((s) => ({ ...s, slow_requests: s.slow_requests.map((r) => ({ ...r, stored: false })) }));
  }

  // span says what time the list is of.
  span() {
    if (this.failed) return (this.at ? "of 30 days, as read at " + format.whenOf(this.at) + ". " : "of this process alone. ") + "Those before cannot be read: " + this.failed;
    return this.at ? "of 30 days" + (this.note && ". " + this.note) : "";
  }

  // none says why there are none.
  none() { return this.failed ? "None of this process." : this.note ? "None that is known." : this.at ? "None in 30 days." : "None since the start."; }

  // render shows the button, where there are older ones than the table shows.
  render(on) {
    show(this.more, on && this.all && this.count > this.limit && this.limit < longest);
    text(this.more, "Older: " + format.some(Math.min(this.limit, this.count), this.count).trim() + " are shown");
  }
}

const named = 5; // instances

// whose says whose numbers these are, where several instances have stored them; "" otherwise.
export function whose(stored) {
  const all = stored?.instances ?? [], n = all.length + (stored?.more_instances ?? 0), more = n - Math.min(named, all.length);
  return n < 2 ? "" : "Numbers of " + format.count(n) + " instances: " + all.slice(0, named).map((name) => format.visible(name, true)).join(", ") + (more > 0 ? " and " + format.count(more) + " more" : "") + ".";
}

// absent says which of several instances were there for less of a time than nine tenths of the seconds that are stored.
function absent(stored, seconds) {
  const some = (stored.seen ?? []).filter((s) => s.seconds < 0.9 * seconds), more = some.length - named;
  return some.length === 0 ? "" : "Of it " + some.slice(0, named).map((s) => format.visible(s.instance, true) + " was there for " + format.span(s.seconds)).join(", ") + (more > 0 ? ", and " + format.count(more) + " more for a part" : "") + ".";
}

// unstored says what of a time, in unix seconds, is not stored, "" if all is.
export function unstored(stored, from, to) {
  if (!stored) return "";
  if (stored.error) return [stored.from ? "Shown is what was from " + format.moment(stored.from) + " on." : "", stored.note].filter(Boolean).join(" ");
  if (!stored.from) return ["Nothing of that time is stored.", stored.note].filter(Boolean).join(" ");
  const slack = Math.max(stored.step_seconds, (to - from) / 100), [began, ended] = [stored.from, stored.to].map((t) => new Date(t) / 1000);
  const gaps = within(stored).map((g) => ({ from: new Date(g.from) / 1000, to: new Date(g.to) / 1000 })), n = gaps.length + (stored.more_gaps ?? 0);
  const longest = gaps.toSorted((a, b) => (b.to - b.from) - (a.to - a.from))[0];
  return [
    whose(stored),
    absent(stored, ended - began - gaps.reduce((sum, g) => sum + g.to - g.from, 0)),
    began > from + slack ? "This time is stored from " + format.moment(stored.from) + " on." : "",
    ended < to - Math.max(slack, late) ? "It is stored up to " + format.moment(stored.to) + "." : "",
    n === 1 ? "Nothing is stored of " + format.stretch(longest) + "." : "",
    n > 1 ? "This time has " + format.count(n) + " gaps, the longest " + format.stretch(longest) + "." : "",
    stored.note ?? "",
  ].filter(Boolean).join(" ");
}
