// A time of the past that is looked at, chosen by two fields.

import { dialog } from "./dialog.js";
import { $, text } from "./dom.js";
import * as format from "./format.js";
import { state } from "./state.js";

const day = 86_400, farthest = 366; // days
const usually = 1800; // seconds

// written is a time as a field has it: of this place, to the minute.
const written = (seconds) => {
  const at = new Date(seconds * 1000);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

// seconds is the time of a field, null for none.
function seconds(field) {
  const at = new Date(field.value) / 1000;
  return field.value === "" || Number.isNaN(at) ? null : at;
}

const minuteUp = (seconds) => Math.ceil(seconds / 60) * 60;

export class When {
  // stored returns the time that there is anything of at the earliest, in unix seconds, and whether there is a history.
  constructor(stored) {
    this.stored = stored;
    this.dialog = dialog("when");
    this.fields = { from: $("when-from"), to: $("when-to") };
    $("when-open").addEventListener("click", () => this.open());
    $("when-look").addEventListener("click", () => this.look());
    for (const field of Object.values(this.fields)) field.addEventListener("keydown", (e) => this.enter(e));
    for (const b of document.querySelectorAll("[data-days]")) b.addEventListener("click", () => this.shift(Number(b.dataset.days)));
  }

  open() {
    if (this.dialog.open) return;
    const now = Math.floor(Date.now() / 60_000) * 60;
    this.fill(state.frozen ? { from: Math.floor(state.get("from") / 60) * 60, to: minuteUp(state.get("to")) } : { from: now - usually, to: now });
    const { from, history } = this.range = this.stored();
    for (const field of Object.values(this.fields)) {
      field.min = written(from);
      field.max = written(minuteUp(Date.now() / 1000));
    }
    text($("when-range"), history ? "The history goes back " + farthest + " days at most: by the minute for the last of them, by the hour in the end. What of a time is not stored is said."
      : "Stored is what was from " + format.moment(from * 1000) + " on, the last hour at most. With a history it is days.");
    this.dialog.showModal();
  }

  fill(time) {
    for (const [name, field] of Object.entries(this.fields)) field.value = written(time[name]);
    this.say("");
  }

  // shift moves both fields by whole days of the calendar.
  shift(days) {
    const time = Object.fromEntries(Object.entries(this.fields).map(([name, field]) => [name, new Date(field.value)]));
    if (Object.values(time).some((at) => Number.isNaN(at.getTime()))) return;
    for (const at of Object.values(time)) at.setDate(at.getDate() - days);
    this.fill({ from: time.from / 1000, to: time.to / 1000 });
  }

  // enter looks at it with the key that is for that. What has the focus afterwards does not get it.
  enter(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.look();
  }

  look() {
    const from = seconds(this.fields.from), to = seconds(this.fields.to), wrong = this.wrong(from, to);
    this.say(wrong?.why ?? "", wrong?.field);
    if (wrong) {
      if (wrong.mended) this.fields[wrong.field].value = written(wrong.mended);
      this.fields[wrong.field].focus();
      return;
    }
    this.dialog.close();
    state.set({ from, to });
  }

  // wrong is what is the matter with a time, as {field, why}, with the time that may be meant as mended; null if nothing is.
  wrong(from, to) {
    const now = Date.now() / 1000, { from: earliest, history } = this.range;
    if (from === null) return { field: "from", why: "From is no time: a day and a time of day are accepted." };
    if (to === null) return { field: "to", why: "To is no time: a day and a time of day are accepted." };
    if (from >= now) return { field: "from", why: "From is to come: times up to now, " + format.moment(now * 1000) + ", are accepted." };
    if (to > minuteUp(now)) return { field: "to", why: "To is to come: it is now, " + format.moment(now * 1000) + ". Look again to look up to then.", mended: minuteUp(now) };
    if (to <= from) return { field: "to", why: "To is not after From: later times than " + format.moment(from * 1000) + " are accepted." };
    if (history && from < earliest) return { field: "from", why: "From is too long ago: times from " + format.moment(earliest * 1000) + " on, " + farthest + " days ago, are accepted." };
    if (to <= earliest) return { field: "to", why: "Nothing of that time is stored: times that end after " + format.moment(earliest * 1000) + " are accepted." };
    return null;
  }

  say(why, field) {
    text($("when-wrong"), why);
    for (const [name, input] of Object.entries(this.fields)) input.setAttribute("aria-invalid", String(name === field));
  }
}

// earliest is the first time of a history that is read.
export const earliest = () => Math.ceil(Date.now() / 1000 - farthest * day);
