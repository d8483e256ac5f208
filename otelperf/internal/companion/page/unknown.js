// What was asked for by the address that the page does not know, and what it shows instead, in one line. The line goes away: with what is
// done next, by its button, or after a while.

import { $, show, text } from "./dom.js";

const shown = 30_000; // ms
const longest = 80; // characters of what was asked for

export class Unknown {
  constructor() {
    this.lines = new Map();
    $("unknown-close").addEventListener("click", () => this.close());
  }

  // say what is not known of a part, [] for nothing; what was said once and closed is not said again.
  say(about, unknown) {
    const line = unknown.map(({ part, instead }) => cut(part) + ": " + instead).join("; "), known = this.lines.get(about);
    if ((known?.line ?? "") === line) return;
    this.lines.set(about, { line, open: line !== "" });
    this.render();
  }

  close() {
    for (const said of this.lines.values()) said.open = false;
    this.render();
  }

  render() {
    const open = [...this.lines.values()].filter((said) => said.open).map((said) => said.line);
    clearTimeout(this.timer);
    if (open.length > 0) this.timer = setTimeout(() => this.close(), shown);
    text($("unknown-text"), open.length > 0 ? "Not known here: " + open.join("; ") + "." : "");
    show($("unknown"), open.length > 0);
  }
}

const cut = (part) => part.length > longest ? part.slice(0, longest) + "\u2026" : part;
