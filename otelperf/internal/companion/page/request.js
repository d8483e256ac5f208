// Links to single requests: each says when the request began and how long it took, and whether it can be opened still.

import { el } from "./dom.js";
import * as format from "./format.js";
import { state } from "./state.js";

const around = 300; // seconds

let lookedBack = false; // there is a history to look for requests in

export function lookBack(on) { lookedBack = on; }

// then shows a request in the fixed time around it.
function then(r) {
  const began = Math.floor(new Date(r.start) / 60_000) * 60;
  state.set({ trace: r.trace_id, from: began - around, to: began + 60 * Math.ceil(r.duration_ms / 60_000) + around });
}

// requestLink opens a request; one that the service has no longer is looked for in the history, or is text that says so.
export function requestLink(r, open) {
  const what = format.request(r.start, r.duration_ms);
  if (!r.stored && lookedBack) return el("button", { type: "button", class: "plain request-link", title: "Look at this request and the time around it", on: { click: () => then(r) } }, what);
  return r.stored ? el("button", { type: "button", class: "plain request-link", title: "Open this request", on: { click: () => open(r.trace_id) } }, what)
    : el("span", { class: "muted", title: "Newer requests have taken its place in the slow log" }, what + ", no longer stored");
}

// requestCell fills a cell of a table with the link to a request, or with none and the reason why.
export function requestCell(open, why = "") {
  return (td, r) => {
    const stamp = JSON.stringify([lookedBack, r ?? null]);
    if (td.dataset.shown === stamp) return;
    td.dataset.shown = stamp;
    td.title = r ? "" : why;
    td.replaceChildren(r ? requestLink(r, open) : format.none);
  };
}
