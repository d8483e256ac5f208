// Evidence: the recorder of the runtime's execution trace, a button that has it record now, and what its recordings have shown.

import { $, el, show, text } from "./dom.js";
import * as format from "./format.js";
import { post } from "./source.js";
import { Table } from "./table.js";

const doing = { off: "off", recording: "recording", analysing: "reading what was recorded" };

export class Evidence {
  // again asks for the state once more.
  constructor(again) {
    this.again = again;
    $("record").addEventListener("click", () => this.record());
    this.table = new Table($("recordings"), {
      caption: "Recordings", key: (r) => r.id,
      columns: [
        { id: "at", label: "at", cell: (td, r) => text(td, format.whenOf(r.start)) },
        { id: "slow", label: "slow requests", numeric: true, cell: (td, r) => text(td, r.slow + " of " + r.requests) },
        { id: "found", label: "What they waited for", class: "wide", cell: (td, r) => found(td, r) },
        { id: "trace", label: "trace", cell: (td, r) => trace(td, r) },
      ],
    });
  }

  // show takes the answer of GET evidence; mayChange says whether the button is of use.
  show(answer, mayChange) {
    show($("evidence-section"), answer.enabled);
    if (!answer.enabled) return;
    const s = answer.status, wait = s.not_before ? (new Date(s.not_before) - new Date(answer.time)) / 1000 : 0;
    text($("evidence-state"), [doing[s.state], s.recordings_last_hour + " in the last hour", s.error, s.state === "idle" && wait > 1 ? "the next by itself in " + format.span(wait) : ""].filter(Boolean).join(" \u00b7 "));
    show($("record"), mayChange);
    $("record").disabled = s.state !== "idle";
    this.table.show(answer.recordings);
    show($("recordings"), answer.recordings.length > 0);
    show($("recordings-empty"), answer.recordings.length === 0);
  }

  async record() {
    $("record").disabled = true;
    text($("record-text"), "");
    try {
      await post("evidence/record?for=5s");
      text($("record-text"), "Recording for 5 s.");
    } catch (e) {
      text($("record-text"), e.message);
    }
    this.again();
  }
}

// found lists the causes by endpoint.
function found(td, r) {
  const said = r.endpoints.map((e) => e.endpoint + ": " + (e.sentences.length ? e.sentences.join("; ") : e.slow < 5 ? format.plural(e.slow, "slow request") + ", of 5 that it takes to tell" : "no cause has 30 % of the extra time"));
  const lines = r.error ? [r.error] : said.length ? said : ["no slow request"];
  if (td.dataset.shown === lines.join("\n")) return;
  td.dataset.shown = lines.join("\n");
  td.replaceChildren(...lines.map((l) => el("div", null, l)));
}

function trace(td, r) {
  const link = r.trace ? el("a", { href: "evidence/" + r.id + "/trace", download: "" }, "for go tool trace") : null;
  if (td.dataset.shown === String(r.trace)) return;
  td.dataset.shown = String(r.trace);
  td.replaceChildren(link ?? format.none);
}
