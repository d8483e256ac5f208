// Numbers as people read them. Each returns text, or [number, unit] where the unit is shown fainter. Null is no data.

export const none = "\u2013";
const thin = "\u202f";

// visible is a text with escapes in the place of what cannot be seen in it, or changes the direction of writing; in what is one line, line
// ends and spaces other than ' ' are among that.
export const visible = (text, oneLine = false) => text.replace(oneLine ? unseenInLine : unseen, (c) => {
  const code = c.codePointAt(0).toString(16);
  return code.length > 4 ? "\\u{" + code + "}" : "\\u" + code.padStart(4, "0");
});
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const unseenInLine = /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

const fixed = (x, digits) => x.toFixed(digits);

// three writes x with about three digits.
export function three(x) {
  const a = Math.abs(x);
  if (a >= 100 || a === 0) return fixed(x, 0);
  if (a >= 10) return fixed(x, 1);
  if (a >= 0.1) return fixed(x, 2);
  return x.toPrecision(2);
}

export function duration(ms) {
  if (ms === null || ms === undefined) return [none, ""];
  const a = Math.abs(ms);
  if (a >= 60_000) return [span(ms / 1000), ""];
  if (a >= 9_950) return [fixed(ms / 1000, 1), thin + "s"];
  if (a >= 999.5) return [fixed(ms / 1000, 2), thin + "s"];
  if (a >= 99.5) return [fixed(ms, 0), thin + "ms"];
  if (a >= 9.95) return [fixed(ms, 1), thin + "ms"];
  if (a >= 0.1 || a === 0) return [fixed(ms, a === 0 ? 0 : 2), thin + "ms"];
  return [fixed(ms * 1000, 0), thin + "\u00b5s"];
}

export const durationText = (ms) => duration(ms).join("");

export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined) return none;
  if (perSecond >= 10_000) return fixed(perSecond / 1000, 1) + "k";
  return three(perSecond);
}

export function percent(share) {
  if (share === null || share === undefined) return none;
  if (share === 0) return "0" + thin + "%";
  if (share < 0.0001) return "<0.01" + thin + "%";
  return (share * 100 >= 9.95 ? fixed(share * 100, 0) : fixed(share * 100, share < 0.01 ? 2 : 1)) + thin + "%";
}

export function count(n) {
  return n === null || n === undefined ? none : n.toLocaleString("en-GB").replaceAll(",", thin);
}

export const plural = (n, what) => count(n) + " " + what + (n === 1 ? "" : "s");

export function times(x) {
  return x === null || x === undefined ? none : (x >= 10 ? fixed(x, 0) : fixed(x, 1)) + "\u00d7";
}

// quantile names one of 0 to 1.
export const quantile = (q) => "p" + (q < 0.99 ? Math.floor(q * 100 + 1e-9) : Math.floor(q * 1000 + 1e-9) / 10);

export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let i = 0;
  for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
  return three(n) + thin + units[i];
}

// span is a length of time in at most two units.
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return s + thin + "s";
  if (s < 3600) return Math.floor(s / 60) + thin + "min" + (s % 60 && s < 600 ? " " + (s % 60) + thin + "s" : "");
  if (s < 86400) return Math.floor(s / 3600) + thin + "h " + Math.floor(s % 3600 / 60) + thin + "min";
  return Math.floor(s / 86400) + thin + "d " + Math.floor(s % 86400 / 3600) + thin + "h";
}

// roughly is a length of time in one unit.
export function roughly(seconds) {
  const [size, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return Math.round(seconds / size) + thin + unit;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export const clock = (iso) => clockFormat.format(new Date(iso));
export const minute = (date) => minuteFormat.format(date);

// request names one by when it began, with the day unless that is today, and how long it took.
export function request(start, ms) {
  return whenOf(start) + ", " + durationText(ms);
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export const date = (ms) => dayFormat.format(ms); // for an axis, whose title has the year

// day is one with its year, unless that is this year.
const day = (at) => date(at) + (at.getFullYear() === new Date().getFullYear() ? "" : " " + at.getFullYear());
const sameDay = (a, b) => a.toDateString() === b.toDateString();

export const dayAndTime = (iso) => day(new Date(iso)) + ", " + clock(iso);
export const moment = (iso) => day(new Date(iso)) + " " + minute(new Date(iso));

// whenOf is a time to the second, with its day unless that is today.
export const whenOf = (iso) => sameDay(new Date(iso), new Date()) ? clock(iso) : dayAndTime(iso);

// period and stretch are a time in unix seconds, to the second and to the minute: the second day is named where it is another.
export const period = (time) => between(time, dayAndTime, clock);
export const stretch = (time) => between(time, moment, minute);

// during is a period, of today without the day.
export const during = (time) => sameDay(new Date(time.to * 1000), new Date()) ? whenOf(time.from * 1000) + " to " + clock(time.to * 1000) : period(time);

function between({ from, to }, whole, short) {
  const [begin, end] = [new Date(from * 1000), new Date(to * 1000)];
  return whole(begin) + " to " + (sameDay(begin, end) ? short(end) : whole(end));
}

export function ago(iso, now) {
  const s = (now - new Date(iso)) / 1000;
  return s < 1.5 ? "now" : span(s) + " ago";
}

export const name = (row) => row.method ? row.method + " " + row.route : row.route;

// leaked names those that may never end, the most frequent three names; "" without any.
export const leaked = (list) => list.slice(0, 3).map((l) => count(l.count) + " " + l.name + " for " + span(l.oldest_age_seconds)).join(", ");

// some says how many of all a list shows, where it does not show all.
export const some = (shown, all) => shown < all ? count(shown) + " of " + count(all) + " " : "";
