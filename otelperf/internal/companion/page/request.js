// Links to single requests: each says when the request began and how long it took, and whether it can be opened still.

import { el } from "./dom.js";
import * as format from "./format.js";

// requestLink opens a request; one that the service has no longer is text that says so.
export function requestLink(r, open) {
  const what = format.request(r.start, r.duration_ms);
  return r.stored ? el("button", { type: "button", class: "plain request-link", title: "Open this request", on: { click: () => open(r.trace_id) } }, what)
    : el("span", { class: "muted", title: "Newer requests have taken its place in the slow log" }, what + ", no longer stored");
}

// requestCell fills a cell of a table with the link to a request, or with none and the reason why.
export function requestCell(open, why = "") {
  return (td, r) => {
    const stamp = JSON.stringify(r ?? null);
    if (td.dataset.shown === stamp) return;
    td.dataset.shown = stamp;
    td.title = r ? "" : why;
    td.replaceChildren(r ? requestLink(r, open) : format.none);
  };
}
