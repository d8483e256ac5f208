// What is seen, for others: as a link, which stays as it is if it has a fixed time, and as files.

import { csv } from "./csv.js";
import { dialog } from "./dialog.js";
import { $, copies, el, text } from "./dom.js";
import * as format from "./format.js";
import { offered } from "./offers.js";
import { long, seconds, state } from "./state.js";

const most = 3600; // seconds of what the process stores

// period is the fixed time of what is seen, in unix seconds: whole minutes, as all but the last one is stored in.
function period(summary) {
  if (state.frozen) return { from: state.get("from"), to: state.get("to") };
  const now = new Date(summary.time) / 1000, began = now - Math.min(seconds[state.get("window")] ?? most, state.get("window") in long ? Infinity : summary.uptime_seconds);
  return { from: Math.floor(began / 60) * 60, to: (Math.floor(now / 60) + 1) * 60 };
}

export class Share {
  // summary returns what is shown, null before anything is.
  constructor(summary) {
    this.summary = summary;
    this.dialog = dialog("share");
    $("share-open").addEventListener("click", () => this.open());
    for (const kind of ["share-frozen", "share-live"]) $(kind).addEventListener("change", () => this.link());
    copies($("share-copy"), () => $("share-link").href, $("share-link"));
  }

  // lasts says for how long what is linked to is stored.
  lasts(history) {
    if (history) text($("share-lasts"), "Its numbers, spikes and slow requests are stored in the history: the longer ago, the longer the steps.");
  }

  open() {
    if (!this.summary() || this.dialog.open) return;
    this.period = period(this.summary());
    text($("share-period"), "as it is now: " + format.period(this.period));
    $("share-frozen").checked = true;
    this.link();
    $("downloads").replaceChildren(...offered().map((o) => el("tr", null, el("th", { scope: "row" }, o.title), el("td", { class: "n" }, format.plural(o.rows.length, "row")),
      el("td", { class: "n" }, this.button(o, "CSV"), " ", this.button(o, "JSON")))));
    this.dialog.showModal();
  }

  link() {
    const change = $("share-frozen").checked ? this.period : { from: null, to: null };
    $("share-link").href = state.address({ ...change, trace: "" });
    text($("share-link"), $("share-link").href);
  }

  button(offered, kind) {
    return el("button", { type: "button", class: "quiet", "aria-label": kind + ": " + offered.title, on: { click: () => this.download(offered, kind) } }, kind);
  }

  download({ name, rows }, kind) {
    const s = this.summary(), { from, to } = this.period;
    const body = kind === "CSV" ? csv(rows) : JSON.stringify({
      service: s.service, version: s.version, instance: s.instance, time: s.time, ...(state.frozen ? { from: s.from, to: s.to } : { window: state.get("window") }),
      link: new URL(state.address({ from, to, trace: "" }), location.href).href, [name.replaceAll("-", "_")]: rows,
    }, null, 1) + "\n";
    const url = URL.createObjectURL(new Blob([body], { type: kind === "CSV" ? "text/csv;charset=utf-8;header=present" : "application/json" }));
    const when = new Date((state.frozen ? to * 1000 : s.time)).toISOString().replace(/[-:]|\.\d+/g, "");
    el("a", { href: url, download: [s.service.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 60), name, when].join("-") + "." + kind.toLowerCase() }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}
