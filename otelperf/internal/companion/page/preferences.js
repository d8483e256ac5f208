// What one likes, of this browser and beyond a reload where it allows that: some refuse to store anything.

const prefix = "otelperf.";

export function recall(name) {
  try {
    return localStorage.getItem(prefix + name) ?? "";
  } catch {
    return "";
  }
}

// remember stores a text, "" for none.
export function remember(name, value) {
  try {
    if (value) localStorage.setItem(prefix + name, value);
    else localStorage.removeItem(prefix + name);
  } catch { /* then it holds until the page is left */ }
}
