// Keys: one table of them, by which the page acts, and of which its help is made.

import { dialog, opened } from "./dialog.js";
import { $, el } from "./dom.js";
import { recall, remember } from "./preferences.js";

const typed = "textarea, select, input:not([type=radio], [type=checkbox])"; // where a key is text
const acting = "a, button, summary, input, dialog, [role=button]"; // what the space bar acts upon

export class Keys {
  // table: {key, name, what, act}; name is how the key is shown, and without act something else on the page acts.
  constructor(table) {
    this.table = [{ key: "?", what: "show these keys", act: () => this.help() }, ...table];
    this.dialog = dialog("help");
    $("help-open").addEventListener("click", () => this.help());
    $("keys").append(...this.table.map(({ key, name, what }) => el("tr", null, el("th", { scope: "row" }, el("kbd", null, name ?? key)), el("td", null, what))));
    const on = $("keys-on");
    on.checked = recall("keys") !== "off";
    on.addEventListener("change", () => remember("keys", on.checked ? "" : "off"));
    document.addEventListener("keydown", (e) => this.press(e));
  }

  help() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  press(event) {
    if (event.metaKey || event.ctrlKey || event.altKey || !$("keys-on").checked || opened()) return;
    if (event.target.closest(event.key === " " ? typed + "," + acting : typed)) return;
    const found = this.table.find((k) => k.key === event.key && k.act);
    if (!found) return;
    event.preventDefault();
    found.act();
  }
}
