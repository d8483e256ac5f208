// Is it wired right, and was anything lost?

import { $, el, keyed, text, toggle } from "./dom.js";
import * as format from "./format.js";

const facts = [
  ["numbers from", (d) => ({ metrics: "the metric source", otlp: "spans and metrics that are received" })[d.source] || "spans"],
  ["sampler", (d) => d.processor.sampler_used ? "Monitor.Sampler: every request is seen" : "not ours: sampled requests only", (d) => d.source === "spans" && !d.processor.sampler_used],
  ["reader registered", (d) => d.reader_registered ? "yes" : d.source === "metrics" ? "no" : "no, and not needed", (d) => d.source === "metrics" && !d.reader_registered],
  ["endpoints", (d) => d.processor.endpoints + " of " + d.processor.max_endpoints],
  ["in the row (other)", (d) => format.count(d.processor.overflowed), (d) => d.processor.overflowed > 0],
  ["spans counted", (d) => format.count(d.own.requests_counted)],
  ["slow log", (d) => d.slow_log.entries + " stored, " + format.bytes(d.slow_log.bytes)],
  ["slow, but not stored", (d) => format.count(d.processor.not_kept), (d) => d.processor.not_kept > 0],
  ["may never end", (d) => format.leaked(d.processor.leaked) || format.none, (d) => d.processor.leaked.length > 0],
  ["own memory", (d) => format.bytes(d.own.memory_bytes)],
  ["own CPU", (d) => "at most " + format.percent(d.own.cpu_share) + " of a core"],
  ["streams", (d) => d.streams.clients + " of " + d.streams.max],
  ["log lines held back", (d) => format.count(d.slow_lines_suppressed) + (d.slow_lines_suppressed ? ": beyond 10 a second of one endpoint" : "")],
  ["log lines lost", (d) => format.count(d.log_lines_dropped) + (d.log_lines_dropped ? ": the logger was too slow" : ""), (d) => d.log_lines_dropped > 0],
  ["alerts lost", (d) => format.count(d.alerts_dropped) + (d.alerts_dropped ? ": a receiver was too slow" : ""), (d) => d.alerts_dropped > 0],
  ["faults of ours", (d) => format.count(d.processor.faults + d.engine.faults + d.middleware_faults), (d) => d.processor.faults + d.engine.faults + d.middleware_faults > 0],
  ["access denied", (d) => format.count(d.access_denied)],
  ["mounted at", (d) => d.mounts.join(", ") || format.none],
];

export function showDiagnostics(d) {
  const wrong = d.hints.length;
  text($("wired-text"), wrong === 0 ? "All that is looked for is wired." : wrong === 1 ? "This is not as it should be:" : "These " + wrong + " things are not as they should be:");
  text($("wired"), "Diagnostics" + (wrong > 0 ? ": " + wrong : ""));
  toggle($("wired"), "warn", wrong > 0);
  keyed($("facts"), facts, ([label]) => label, ([label]) => el("div", null, el("dt", null, label), el("dd")), (div, [, value, bad]) => {
    text(div.lastChild, value(d));
    toggle(div.lastChild, "warn", Boolean(bad?.(d)));
  });
  keyed($("hints"), d.hints, (h) => h, (h) => el("li", null, h));
  const v = d.versions;
  text($("versions"), "otelperf " + v.otelperf + " \u00b7 OpenTelemetry " + v.otel_sdk + " \u00b7 " + v.go);
}

// showChanges says whether settings can be changed from here.
export function showChanges(config) {
  text($("changes"), config.may_change ? "Who sees this page may change settings and reset the numbers." : "Nothing can be changed from this page. " + config.may_change_reason);
}
