// One slow request as a waterfall: what ran when, for how long by itself, what repeats, and what the request waited for.

import { breakdown, categoryClass } from "./breakdown.js";
import { dialog } from "./dialog.js";
import { $, copies, el, show, stack, text } from "./dom.js";
import * as format from "./format.js";
import { get } from "./source.js";
import { state } from "./state.js";
import { states } from "./states.js";

// onClose(id) is called when the user has closed a request, or it was not found.
export class TraceView {
  // onMissing(id) is called in the place of showing a request that is not stored, or no longer.
  constructor({ onClose, onMissing, traceURL }) {
    this.dialog = dialog("trace");
    Object.assign(this, { onClose, onMissing, traceURL });
    this.dialog.addEventListener("close", () => { // some time after it was closed
      const { id } = this;
      if (this.dialog.open || !id) return; // it was opened again since, or it was not the user who closed it
      this.id = null;
      onClose(id);
    });
    copies($("trace-copy"), () => this.id, $("trace-id"));
  }

  close() {
    this.id = null;
    if (this.dialog.open) this.dialog.close();
  }

  async open(id) {
    if (this.id === id) return;
    this.id = id;
    text($("trace-title"), "Request");
    text($("trace-id"), id);
    this.link(id);
    $("trace-body").replaceChildren(el("p", { class: "empty" }, "Loading"));
    if (!this.dialog.open) this.dialog.showModal();
    $("trace-title").focus();
    try {
      const when = await this.find(id);
      if (this.id !== id) return;
      if (when === null) {
        this.close();
        this.onClose(id);
        this.onMissing(id);
        return;
      }
      const path = "slow/" + encodeURIComponent(id);
      $("trace-otlp").href = path + "/otlp" + when;
      const trace = await get(path + when);
      if (this.id === id) this.render(trace);
    } catch (e) {
      if (this.id === id) $("trace-body").replaceChildren(el("p", { class: "empty" }, e.message));
    }
  }

  // find returns the query that a request is found with: of the process, or of the fixed time that is looked at; null if it is not stored.
  async find(id) {
    for (const when of [{}, ...(state.frozen ? [{ from: state.get("from"), to: state.get("to") }] : [])]) {
      const found = await get("slow?" + new URLSearchParams({ limit: 1, trace_id: id, ...when })); // a list may be empty, and no error is logged
      if (found.slow.length > 0) return when.from ? "?" + new URLSearchParams(when) : "";
    }
    return null;
  }

  // configured is called when the template is known.
  configured() {
    if (this.id) this.link(this.id);
  }

  // link leads to the user's own trace viewer. The template was checked by the service: http or https.
  link(id) {
    const template = this.traceURL();
    show($("trace-open"), Boolean(template));
    if (template) $("trace-open").href = template.replaceAll("{trace_id}", encodeURIComponent(id));
  }

  render(trace) {
    text($("trace-title"), format.name(trace.requests[0]));
    $("trace-body").replaceChildren(...trace.requests.flatMap((r) => request(r, (trace.recorded ?? []).find((x) => x.span_id === r.span_id))));
  }
}

function request(r, recorded) {
  return [figures(r), findings(r), r.error?.type || r.error?.message ? failure(r.error) : null, recorded ? states(recorded) : null, r.anatomy ? timeSpent(r) : null, r.anatomy ? waterfall(r) : noAnatomy()].filter(Boolean);
}

function figures(r) {
  const list = [
    ["took", format.durationText(r.duration_ms)],
    ["usual p99", format.durationText(r.baseline_p99_ms)],
    ["that is", format.times(r.ratio)],
    ["slow above", format.durationText(r.threshold_ms)],
    ["status", r.status === null ? r.outcome : r.status + " " + r.outcome],
    ["at", format.whenOf(r.start)],
    ["path", r.path || format.none],
    r.spike_id ? ["spike", r.spike_id] : null,
    ...Object.entries(r.dimensions ?? {}),
    ["trace", r.sampled ? "sampled" : r.rescued ? "rescued: exported though not sampled" : "not sampled: only stored here"],
  ].filter(Boolean);
  return el("dl", { class: "facts trace-facts" }, ...list.map(([k, v]) => el("div", null, el("dt", null, k), el("dd", null, v))));
}

function findings(r) {
  const all = r.anatomy?.findings ?? [];
  return all.length ? el("ul", { class: "findings" }, ...all.map((f) => el("li", null, f.text))) : null;
}

function failure(error) {
  return el("div", { class: "failure" }, el("p", null, el("b", null, error.type ?? "error"), error.message ? " " + error.message : ""),
    error.stack ? stack("Stack", error.stack) : null);
}

function noAnatomy() {
  return el("p", { class: "empty" }, "No child spans of this request were gathered, so there is nothing to show inside it.");
}

function timeSpent(r) {
  return breakdown(r.anatomy.breakdown_ms ?? {}, r.duration_ms, el("li", { class: "muted" }, el("i", { class: "swatch critical" }), "the request waited for it"));
}

function waterfall(r) {
  const root = r.anatomy.root, reach = extent(root, Math.max(r.duration_ms, 0.001));
  const rows = [];
  walk(root, 0, (node, depth) => rows.push(...row(node, depth, reach, r.duration_ms)));
  const lost = [["dropped", "beyond the bounds"], ["unrecorded", "not recorded"], ["orphans", "without a known parent"], ["late", "ended after the request"]].filter(([k]) => r.anatomy[k] > 0).map(([k, what]) => r.anatomy[k] + (r.anatomy[k] === 1 ? " span " : " spans ") + what);
  return el("div", { class: "waterfall-box" },
    el("table", { class: "waterfall" },
      el("caption", { class: "visually-hidden" }, "Spans of the request in order of their start"),
      el("thead", null, el("tr", null, el("th", { scope: "col" }, r.anatomy.spans + (r.anatomy.spans === 1 ? " span" : " spans")), el("th", { scope: "col", class: "n" }, "self"), el("th", { scope: "col", class: "n" }, "total"), el("th", { scope: "col", class: "lane" }, el("span", { class: "visually-hidden" }, "when"), ruler(reach)))),
      el("tbody", null, ...rows)),
    lost.length ? el("p", { class: "muted" }, lost.join(" \u00b7 ")) : null);
}

// extent is how far the time axis goes: late spans reach beyond the request.
function extent(node, most) {
  walk(node, 0, (n) => { most = Math.max(most, Math.min(n.offset_ms + n.duration_ms, most * 4)); });
  return most;
}

function walk(node, depth, visit) {
  visit(node, depth);
  for (const child of node.children ?? []) walk(child, depth + 1, visit);
}

function ruler(reach) {
  return el("span", { class: "ruler", "aria-hidden": "true" }, ...[0, 0.25, 0.5, 0.75, 1].map((f) => {
    const mark = el("span", null, f ? format.durationText(reach * f) : "0");
    mark.style.left = f * 100 + "%";
    return mark;
  }));
}

function row(node, depth, reach, whole) {
  const failed = node.status === "error";
  const label = el("span", { class: "node" + (node.critical ? " critical" : "") + (failed ? " bad" : "") }, el("i", { class: "swatch " + categoryClass(node.category) }), el("span", { class: "node-name" }, node.detail || node.name),
    node.count > 1 ? el("span", { class: "repeat", title: node.count + " equal calls, the longest " + format.durationText(node.longest_ms) }, "\u00d7" + node.count) : null,
    node.late ? el("span", { class: "tag" }, "late") : null, failed ? el("span", { class: "tag bad" }, "error") : null);
  label.style.paddingInlineStart = Math.min(depth, 12) * 14 + "px";
  const details = el("tr", { class: "details", hidden: true }, el("td", { colspan: 4 }, nodeFacts(node)));
  const button = el("button", { type: "button", class: "plain", "aria-expanded": "false", on: { click: () => expand(button, details) } }, label);
  const self = el("td", { class: "n" }, format.durationText(node.self_ms));
  if (node.self_ms > whole * 0.2) self.classList.add("heavy");
  return [el("tr", null, el("td", null, button), self, el("td", { class: "n faint" }, format.durationText(node.count > 1 ? node.total_ms : node.duration_ms)), el("td", { class: "lane" }, el("span", { class: "track" }, bar(node, reach)))), details];
}

function expand(button, details) {
  details.hidden = !details.hidden;
  button.setAttribute("aria-expanded", String(!details.hidden));
}

// bar shows when a node ran. Folded ones are striped, since they did not run all the time.
function bar(node, reach) {
  const b = el("span", { class: "span-bar " + categoryClass(node.category) + (node.count > 1 ? " folded" : "") + (node.critical ? " critical" : "") + (node.status === "error" ? " error" : "") });
  const left = Math.min(Math.max(node.offset_ms / reach, 0), 0.998);
  b.style.left = left * 100 + "%";
  b.style.width = Math.max(0.2, Math.min(node.duration_ms / reach, 1 - left) * 100) + "%";
  return b;
}

function nodeFacts(node) {
  const list = [
    ["span", node.name], ["kind", node.kind], node.system ? ["system", node.system] : null, node.peer ? ["peer", node.peer] : null,
    ["starts at", format.durationText(node.offset_ms)], ["takes", format.durationText(node.duration_ms)], ["by itself", format.durationText(node.self_ms)],
    node.count > 1 ? ["calls", node.count + ", together " + format.durationText(node.total_ms) + ", longest " + format.durationText(node.longest_ms)] : null,
    node.error?.type || node.error?.message ? ["error", [node.error.type, node.error.message].filter(Boolean).join(": ")] : null,
    ...Object.entries(node.attributes ?? {}),
  ].filter(Boolean);
  return el("dl", { class: "facts" }, ...list.map(([k, v]) => el("div", null, el("dt", null, k), el("dd", { class: k === "db.query.text" ? "mono" : "" }, v))));
}
