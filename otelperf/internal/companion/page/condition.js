// The condition of an endpoint, by its latency, its failures and its traffic, in words and as a mark.

import { el, text } from "./dom.js";
import * as format from "./format.js";

// rank orders the marks.
export const rank = { spiking: 3, elevated: 2, learning: 1, normal: 0 };

// inIncident tells whether an incident of an endpoint is open.
export const inIncident = (r) => r.state === "spiking" || r.error_state === "failing" || r.traffic_state === "silent";

// unjudged tells whether nobody knows yet if an endpoint is slow: it is learning, or in the grace after a start or a silence.
export const unjudged = (r) => r.state === "learning" || r.ready_seconds !== undefined;

// waits is what is missing until something is known: requests, and the time that they take at the rate of the window.
function waits(needed, seconds) {
  return [needed ? format.plural(needed, "more request") : "", seconds === undefined ? "" : "about " + format.span(seconds) + (needed ? " at this rate" : "")].filter(Boolean).join(", ");
}

// mark is the worst of what the label says.
export function mark(r) {
  if (inIncident(r)) return "spiking";
  if (r.error_state === "elevated" || r.state === "elevated") return "elevated";
  return r.state === "normal" && unjudged(r) ? "learning" : r.state;
}

// troubles are of failures and of traffic, and said before that of latency.
function troubles(r) {
  return [
    r.error_state === "failing" ? "failing" : "", r.traffic_state === "silent" ? "silent: its usual requests are missing" : "",
    r.error_state === "elevated" ? "fails " + format.percent(r.usual_error_rate) + " as usual" : "",
    r.error_state === "learning" && r.error_count > 0 ? ["learning how many fail", waits(r.error_needed, r.error_ready_seconds)].filter(Boolean).join(": ") : "",
  ].filter(Boolean);
}

function ofLatency(r) {
  if (r.state !== "learning" && unjudged(r)) return r.state + ", but not judged for another " + format.span(r.ready_seconds) + ", after a start or a silence";
  if (r.state === "learning") return ["learning", waits(r.needed, r.ready_seconds)].filter(Boolean).join(": ");
  if (r.state === "elevated") return "elevated in this window, but no spike is open";
  return r.state;
}

export const label = (r) => [...troubles(r), ofLatency(r)].join("; ");

export function stateCell(td, r) {
  const full = label(r);
  if (td.dataset.shown === full) return;
  td.dataset.shown = full;
  td.replaceChildren(el("span", { class: "badge " + mark(r), title: full }, el("span", { class: "visually-hidden" }, full)));
}

// These say in the place of the usual p99 and of its ratio what a row that is learning waits for.
export function missingRequests(td, r) {
  text(td, r.needed ? format.count(r.needed) + " more" : format.none);
  td.title = label(r);
}

export function missingTime(td, r) {
  text(td, r.ready_seconds === undefined ? format.none : "~" + format.roughly(r.ready_seconds));
  td.title = label(r);
}
