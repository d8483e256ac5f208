// Objectives: what is left of each error budget, how fast it burns, and since when that is an alert.

import { $, el, keyed, show, text } from "./dom.js";
import * as format from "./format.js";

// showObjectives takes the summary. Without an objective there is no such part of the page.
export function showObjectives(summary) {
  const all = summary.objectives ?? [];
  show($("objectives-section"), all.length > 0);
  const troubled = all.filter((o) => o.state === "burning" || o.state === "used_up").length;
  text($("objectives-count"), troubled > 0 ? troubled + " of " + all.length + " in trouble" : format.plural(all.length, "error budget"));
  keyed($("objectives"), all, (o) => o.name + "\n" + o.kind, make, (li, o) => update(li, o, new Date(summary.time)));
}

function make() {
  return el("li", null,
    el("div", { class: "objective-head" }, el("span", { class: "strong objective-name" }), el("span", { class: "muted objective-what" })),
    el("span", { class: "objective-state" }),
    el("span", { class: "gauge-track objective-track", "aria-hidden": "true" }, el("span")),
    el("span", { class: "objective-left" }),
    el("ul", { class: "burns" }));
}

function update(li, o, now) {
  const level = o.state === "used_up" || o.severity === "critical" ? "bad" : o.severity === "warning" ? "warn" : o.state === "ok" ? "good" : "none";
  if (li.dataset.level !== level) li.dataset.level = level;
  text(li.querySelector(".objective-name"), o.name);
  text(li.querySelector(".objective-what"), goal(o));
  text(li.querySelector(".objective-state"), stateOf(o));
  li.querySelector(".objective-track > span").style.width = Math.max(0, Math.min(1, o.budget_left)) * 100 + "%";
  text(li.querySelector(".objective-left"), left(o, now));
  keyed(li.querySelector(".burns"), o.burn_rates, (b) => b.long_seconds, () => el("li"), (item, b) => {
    item.className = b.open ? (b.severity === "critical" ? "bad strong" : "warn strong") : "muted";
    text(item, burn(b));
  });
}

// exact is a share with as many digits as tell a target from 1.
const exact = (share) => Number((share * 100).toFixed(3)) + "\u202f%";

function goal(o) {
  const good = o.threshold_ms === null ? "not failed" : "within " + format.durationText(o.threshold_ms);
  const of = o.pattern === o.name ? "" : " of " + o.pattern;
  return exact(o.target) + of + " " + good + ", " + o.period_days + " days";
}

function stateOf(o) {
  switch (o.state) {
    case "ok": return "ok";
    case "used_up": return "budget used up" + (o.severity ? ", " + o.severity + " alert" : "");
    case "burning": return o.severity === "critical" ? "burning: critical" : "burning slowly: warning";
    default: return o.endpoints > 0 ? "no request yet" : "no endpoint matches yet";
  }
}

function left(o, now) {
  if (o.state === "unknown") return "budget untouched";
  const parts = [o.budget_left < 0 ? "overdrawn by " + format.percent(-o.budget_left) : format.percent(o.budget_left) + " of the budget left",
    format.count(o.bad) + " of " + format.count(o.requests) + (o.threshold_ms === null ? " failed" : " slow")];
  if (o.used_up_at) parts.push("used up in " + format.span((new Date(o.used_up_at) - now) / 1000) + " at this rate");
  if (o.covered_seconds < o.period_days * 86400 * 0.95) parts.push(format.span(o.covered_seconds) + " of data");
  return parts.join(" \u00b7 ");
}

const windowText = (seconds) => seconds >= 172800 ? seconds / 86400 + " days" : seconds >= 3600 ? seconds / 3600 + "\u202fh" : seconds / 60 + "\u202fmin";

function burn(b) {
  return windowText(b.long_seconds) + ": " + format.times(b.long_rate) + ", " + windowText(b.short_seconds) + ": " + format.times(b.short_rate) +
    (b.open ? " \u2013 " + b.severity + " alert since " + format.whenOf(b.since) : " (alert from " + format.times(b.factor) + ")");
}
