// Calls that most requests of an endpoint repeat: a chip on its row, and a sentence where it is chosen.

import { el, show, text } from "./dom.js";
import * as format from "./format.js";

// sentence says which calls, and how many there are of them.
function sentence(r) {
  return (r.at_least ? "at least " : "") + format.count(r.calls_per_request) + " calls of " + r.dependency + " per request" + (r.parallel ? ", at the same time" : "");
}

const share = (r) => "Of the last " + format.count(r.requests) + " requests that were looked at, " + format.percent(r.share) + " made 10 equal calls or more.";

// chip stands behind the name in a row's cell, as long as there is something to say.
export function chip(td, r) {
  let node = td.querySelector(".repeated-chip");
  if (!r) {
    node?.remove();
    return;
  }
  if (!node) {
    node = el("span", { class: "tag repeated-chip" });
    td.append(node);
  }
  text(node, sentence(r));
  node.title = share(r);
}

// showRepeated fills a paragraph, with a button that opens an example if one is stored.
export function showRepeated(node, r, openTrace) {
  show(node, Boolean(r));
  const stamp = JSON.stringify(r ?? null);
  if (node.dataset.stamp === stamp) return;
  node.dataset.stamp = stamp;
  node.replaceChildren(...(r ? [el("b", null, sentence(r)), ". " + share(r) + " ",
    r.trace_id ? el("button", { type: "button", class: "plain", on: { click: () => openTrace(r.trace_id) } }, "A request that did") : ""] : []));
}
