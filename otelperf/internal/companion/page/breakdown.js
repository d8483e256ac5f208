// What time was spent on: one bar by category, and its legend.

import { el } from "./dom.js";
import * as format from "./format.js";

const categories = { own: "own code", db: "database", http: "HTTP", rpc: "RPC", messaging: "messaging", cache: "cache" };

export const categoryClass = (category) => "cat-" + (Object.hasOwn(categories, category) ? category : "own");
const label = (category) => Object.hasOwn(categories, category) ? categories[category] : category;

// breakdown shows milliseconds by category as shares of total, or of their sum if that is more. extra are further items of
// the legend.
export function breakdown(ms, total, ...extra) {
  const parts = Object.entries(ms).filter(([, v]) => v > 0).sort((a, b) => b[1] - a[1]);
  const whole = Math.max(total, parts.reduce((sum, [, v]) => sum + v, 0)) || 1;
  const bar = el("div", { class: "breakdown", "aria-hidden": "true" }, ...parts.map(([c, v]) => {
    const part = el("span", { class: categoryClass(c) });
    part.style.flexGrow = String(v / whole);
    return part;
  }));
  const legend = el("ul", { class: "legend" }, ...parts.map(([c, v]) => el("li", null, el("i", { class: "swatch " + categoryClass(c) }), label(c) + " ", el("b", null, format.durationText(v)), el("span", { class: "muted" }, " " + format.percent(v / whole)))), ...extra);
  return el("div", null, bar, legend);
}
