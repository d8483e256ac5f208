// Marks: the moments at which something was changed. Charts draw a line at each.

import { svg } from "./dom.js";
import * as format from "./format.js";
import { place } from "./plot.js";

const words = (m) => m.text + " (" + m.kind + ", " + format.whenOf(m.time) + ", by " + m.by + ")";

// items are the marks between two times, for plot.place.
export const items = (all, begin, end, x) => all.filter((m) => new Date(m.time).getTime() >= begin && new Date(m.time).getTime() <= end)
  .map((mark) => ({ mark, at: x(new Date(mark.time).getTime()), label: format.visible(mark.text, true), kind: "mark", title: words(mark) }));

export const lay = (all, begin, end, x, left, right) => place(items(all, begin, end, x), left, right);

// lines are the marks, from top to floor.
export const lines = (laid, top, floor) => laid.filter((l) => l.mark).map(({ mark, at }) =>
  svg("path", { d: `M${at.toFixed(1)} ${top}V${floor}`, class: "mark mark-" + mark.kind, "data-mark": mark.id }, svg("title", null, words(mark))));

const released = (l) => l.mark.kind === "deploy" || l.mark.kind === "version";

// legend says what the lines of marks are.
export const legend = (laid) => {
  const shown = laid.filter((l) => l.mark);
  return [shown.some(released) && ["marked", "deployment, version"], !shown.every(released) && ["marked other", "another change"]];
};
