// Which instance answers. One that follows another is a restart; one that comes back after another is one of several, behind a load balancer.

const most = 32; // instances that are remembered
const quiet = 60_000; // ms for which a restart is said

export class Instances {
  constructor() {
    this.latest = "";
    this.before = new Set(); // that answered before the latest
    this.byTurns = false;
    this.restarted = null; // {at, seen}: when the latest began, and when that was seen, in ms
  }

  // answered takes a summary, at a time of the browser in ms.
  answered({ instance, time, uptime_seconds: up }, now = performance.now()) {
    if (this.latest && instance !== this.latest) {
      this.byTurns ||= this.before.has(instance);
      this.before.add(this.latest);
      if (this.before.size > most) this.before.delete(this.before.values().next().value);
      this.restarted = { at: new Date(time).getTime() - up * 1000, seen: now };
    }
    this.latest = instance;
    if (this.byTurns || this.restarted && now - this.restarted.seen > quiet) this.restarted = null;
  }

  // several are those that answer by turns, the latest three; none unless they do.
  get several() { return this.byTurns ? [...new Set([...this.before, this.latest])].slice(-3) : []; }
}
