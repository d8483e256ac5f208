// A sparkline: p99 of the last half hour, the baseline drawn in. What is above twice the baseline is marked.

import { svg } from "./dom.js";

const width = 132, height = 26, pad = 3;

export function spark(cell, values, baseline, spiking) {
  const stamp = values.map((v) => v === null ? "" : Math.round(v * 10)).join() + "|" + baseline + spiking;
  if (cell.dataset.stamp === stamp) return;
  cell.dataset.stamp = stamp;
  const known = values.filter((v) => v !== null);
  if (known.length < 2) {
    cell.replaceChildren();
    return;
  }
  const top = Math.max(...known, (baseline ?? 0) * 1.6);
  const x = (i) => pad + i * (width - 2 * pad) / (values.length - 1);
  const y = (v) => height - pad - v / top * (height - 2 * pad);
  const hot = (v) => baseline !== null && v > 2 * baseline;
  let line = "", high = "", last = null;
  values.forEach((v, i) => {
    if (v === null) {
      last = null;
      return;
    }
    const at = x(i).toFixed(1) + " " + y(v).toFixed(1);
    line += (last ? "L" : "M") + at;
    if (last && (hot(v) || hot(last.v))) high += "M" + last.at + "L" + at;
    last = { v, at, i };
  });
  const parts = [svg("path", { d: line, class: "spark-line" }), svg("path", { d: high, class: "spark-hot" })];
  if (baseline !== null) parts.unshift(svg("path", { d: `M${pad} ${y(baseline).toFixed(1)}H${width - pad}`, class: "spark-base" }));
  if (last) parts.push(svg("circle", { cx: x(last.i), cy: y(last.v), r: spiking || hot(last.v) ? 3.4 : 2.2, class: spiking || hot(last.v) ? "spark-dot hot" : "spark-dot" }));
  cell.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "spark", "aria-hidden": "true" }, ...parts));
}
