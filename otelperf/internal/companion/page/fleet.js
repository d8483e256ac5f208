// All instances of the service together, where they know each other: who they are, how old their numbers are, and who is out of line.

import { $, el, measure, show, text, toggle } from "./dom.js";
import * as format from "./format.js";
import { long, state } from "./state.js";
import { Table } from "./table.js";

// whole tells whether all instances are looked at; a fixed time and the long windows are of one.
export const whole = (config) => state.get("scope") === "fleet" && config?.fleet === true && !state.frozen && !(state.get("window") in long);

// instead says why scope=fleet is not followed; "" if it is.
export function instead(config) {
  if (state.get("scope") !== "fleet" || !config || whole(config)) return "";
  if (!config.fleet) return "the instances do not know each other: shown is the one that answers";
  return "of another time, and of a day or a week, there is no fleet: shown is the one that answers";
}

export class Fleet {
  constructor() {
    this.table = new Table($("fleet-instances"), {
      caption: "Instances of the service with their numbers", key: (i) => i.instance, sort: { id: "instance", desc: false },
      columns: [
        { id: "instance", label: "Instance", first: "asc", class: "name", value: (i) => i.instance, cell: nameCell },
        { id: "version", label: "version", first: "asc", value: (i) => i.version, cell: (td, i) => text(td, i.version || format.none) },
        { id: "uptime", label: "up", numeric: true, value: (i) => i.uptime_seconds, cell: (td, i) => text(td, format.span(i.uptime_seconds)) },
        { id: "age", label: "numbers of", title: "How old its numbers are", numeric: true, value: (i) => i.age_seconds, cell: ageCell },
        { id: "count", label: "requests", numeric: true, value: (i) => i.count, cell: (td, i) => text(td, i.counted ? format.count(i.count) : format.none) },
        { id: "rate", label: "req/s", numeric: true, value: (i) => i.rate, cell: (td, i) => text(td, format.rate(i.rate)) },
        { id: "error_rate", label: "errors", numeric: true, value: (i) => i.error_rate, cell: (td, i) => text(td, format.percent(i.error_rate)) },
        { id: "p99", label: "p99", numeric: true, value: (i) => i.p99_ms, cell: (td, i) => measure(td, format.duration(i.p99_ms)) },
        { id: "status", label: "by itself", title: "What it says of itself", value: (i) => i.status, cell: (td, i) => text(td, i.title || i.status) },
      ],
      row: (tr, i) => {
        toggle(tr, "spiking", i.out_of_line > 0);
        toggle(tr, "idle", !i.counted);
      },
    });
    $("scope").addEventListener("change", (e) => turn(e.target.value));
    $("notice-fleet").addEventListener("click", () => turn("fleet"));
  }

  // offer shows the switch where the instances know each other.
  offer(config) {
    const on = whole(config);
    show($("scope"), config?.fleet === true);
    document.querySelector(`#scope input[value="${on ? "fleet" : "instance"}"]`).checked = true;
    show($("fleet-section"), on);
    toggle(document.body, "fleet", on);
  }

  // show takes a summary, which is of all instances or of one.
  show({ fleet, instance }) {
    if (!fleet) return;
    text($("scope-all"), fleet.count === 1 ? "All 1 instance" : "All " + fleet.count + " instances");
    text($("fleet-age"), "numbers up to " + format.span(fleet.age_seconds) + " old");
    const wrong = [
      fleet.error && "The others cannot be read: " + fleet.error + ". What they had is counted until it is 35\u202fs old.",
      fleet.more > 0 && format.plural(fleet.more, "more instance") + " beyond those that are read at once.",
      fleet.refused > 0 && format.count(fleet.refused) + " of what is in the store of the fleet is refused: no instance of this service, or of another version of otelperf.",
    ].filter(Boolean).join(" ");
    text($("fleet-wrong"), wrong);
    show($("fleet-wrong"), wrong !== "");
    $("fleet-out").replaceChildren(...fleet.out_of_line.map((o) => el("li", null, o.text)));
    show($("fleet-out"), fleet.out_of_line.length > 0);
    text($("fleet-line"), fleet.out_of_line.length > 0 ? "" : "None is out of line, by the last ten minutes.");
    text($("fleet-answers"), instance);
    this.table.show(fleet.instances);
  }
}

// turn looks at all instances or at one; what is of one alone gives way.
function turn(scope) {
  state.set(scope === "fleet" ? { scope, from: null, to: null, ...(state.get("window") in long ? { window: "" } : {}) } : { scope });
}

function nameCell(td, i) {
  td.replaceChildren(el("span", null, i.instance), ...(i.this ? [" ", el("span", { class: "muted" }, "answers")] : []), ...(i.out_of_line > 0 ? [" ", el("span", { class: "factor" }, "out of line")] : []));
}

function ageCell(td, i) {
  text(td, i.this ? "now" : i.counted ? format.span(i.age_seconds) + " ago" : "not counted, " + format.span(i.age_seconds) + " ago");
}
