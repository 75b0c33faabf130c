// Times in the reader's own zone, always with seconds.

// One way to write a moment in every language: 2026-11-23 04:15:09.
function two(value: number): string {
  return String(value).padStart(2, "0");
}

function day(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function clock(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Say a moment: the time alone when it is of today, else with its date. */
export function say(moment: number | string, now = Date.now()): string {
  const at = new Date(moment);
  return day(at) === day(new Date(now)) ? clock(at) : sayFull(moment);
}

/** Say a moment with its date. */
export function sayFull(moment: number | string): string {
  const at = new Date(moment);
  return `${day(at)} ${clock(at)}`;
}

/** Say how long something goes on: 0:09, 12:40, 3:07:15. */
export function sayRunning(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  if (hours) parts.unshift(hours);
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

/** Say the age of a picture: 0.8 s, 14 s, 3 min, 5 h. */
export function sayAge(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** Return Unix microseconds of an ISO time; Date alone would cut it to milliseconds. */
export function micros(iso: string): number {
  const fraction = /\.(\d+)/.exec(iso)?.[1] ?? "";
  const below = Number(fraction.padEnd(6, "0").slice(3, 6));
  return Date.parse(iso) * 1000 + below;
}

/** The server's clock, which tells the age of pictures and alarms whatever the reader's clock says. */
export class ServerClock {
  private offset = 0;

  /** Learn from a moment that the server wrote into the page or an answer. */
  learn(serverNow: number, receivedAt = Date.now()): void {
    this.offset = serverNow - receivedAt;
  }

  now(): number {
    return Date.now() + this.offset;
  }
}
