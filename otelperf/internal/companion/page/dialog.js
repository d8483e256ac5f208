// What all dialogs have: a button that closes them, and a click beside them that does.

import { $ } from "./dom.js";

export function dialog(id) {
  const node = $(id);
  node.addEventListener("click", (e) => {
    if (e.target === node || e.target.closest("[data-close]")) node.close();
  });
  return node;
}

// opened is the dialog that is open now.
export const opened = () => document.querySelector("dialog[open]");
