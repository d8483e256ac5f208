// Light or dark: as the system says, unless somebody has chosen. It is loaded before the page is drawn.

import { recall, remember } from "./preferences.js";

const names = ["", "light", "dark"]; // "" is the system's

export const theme = () => document.documentElement.dataset.theme ?? "";

export function setTheme(name) {
  if (!names.includes(name)) return;
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  remember("theme", name);
}

setTheme(recall("theme"));
