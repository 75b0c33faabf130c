// Times in the mine's own zone, always with seconds. Where the reader's clock shows another time
// than the mine's, the mine's offset stands behind it: 04:15:09 UTC+8. So it does in the hour that the mine's clock
// shows twice, because it was set back.

const formats = new Map<string, Intl.DateTimeFormat>();

// One way to write a moment in every language: 2026-11-23 04:15:09.
export function format(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("sv-SE", {
      year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
      ...(zone ? { timeZone: zone } : {}),
    });
    formats.set(zone, found);
  }
  return found;
}

/** The mine's offset as " UTC+8"; nothing where the reader's own is the same at that moment, and it comes but once. */
function offset(at: Date, zone: string): string {
  if (!zone || (format(zone).format(at) === format("").format(at) && !isTwice(at, zone))) return "";
  return ` ${offsetName(at, zone)}`;
}

/** A zone's offset from UTC at a moment (Unix s), in seconds. */
export function zoneOffset(at: number, zone: string): number {
  const text = format(zone).format(new Date(at * 1000));
  return Date.parse(`${text.replace(" ", "T")}Z`) / 1000 - Math.floor(at);
}

const TURN_S = 3 * 3600;

/** Whether a zone's clock shows this time at another moment as well, because it is set back. */
function isTwice(at: Date, zone: string): boolean {
  const at_s = Math.floor(at.getTime() / 1000);
  const back_s = zoneOffset(at_s - TURN_S, zone) - zoneOffset(at_s + TURN_S, zone);
  if (back_s <= 0) return false;
  const here = format(zone).format(at);
  return [at_s - back_s, at_s + back_s].some((other) => format(zone).format(new Date(other * 1000)) === here);
}

export function offsetName(at: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at);
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
  return name.replace("GMT", "UTC").replace(/\+0$/, "");
}

/** Say a moment with its date and offset, for what is read without the page around it. */
export function sayZoned(at: Date, zone: string): string {
  return `${format(zone).format(at)} ${offsetName(at, zone)}`;
}

/** Say a moment: the time alone when it is of today, else with its date. */
export function say(moment: number | string, zone = "", now = Date.now()): string {
  const at = new Date(moment);
  const [day, clock] = format(zone).format(at).split(" ");
  const [today] = format(zone).format(new Date(now)).split(" ");
  return day === today ? `${clock}${offset(at, zone)}` : sayFull(moment, zone);
}

/** Say a moment's hour and minute, for where seconds do not matter. */
export function sayMinute(moment: number | string, zone = ""): string {
  return sayClock(moment, zone).slice(0, 5);
}

/** Say a moment's time of day alone, for an axis. */
export function sayClock(moment: number | string, zone = ""): string {
  return format(zone).format(new Date(moment)).slice(11);
}

/** Say a moment with its date. */
export function sayFull(moment: number | string, zone = ""): string {
  const at = new Date(moment);
  return `${format(zone).format(at)}${offset(at, zone)}`;
}

/** Say how long something goes on: 0:09, 12:40, 3:07:15. */
export function sayRunning(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  if (hours) parts.unshift(hours);
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

// Seconds, minutes and hours behind a number, by the page's language.
const UNITS: Record<string, [string, string, string]> = { en: [" s", " min", " h"], zh: [" 秒", " 分钟", " 小时"] };

/** Say the units of time in the page's language. */
export function units(): [string, string, string] {
  const language = globalThis.document?.documentElement.lang ?? "en";
  return UNITS[language.slice(0, 2)] ?? UNITS.en!;
}

/** Say the age of a picture: 0.8 s, 14 s, 3 min, 5 h. */
export function sayAge(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000);
  const [s, min, h] = units();
  if (seconds < 10) return `${seconds.toFixed(1)}${s}`;
  if (seconds < 120) return `${Math.floor(seconds)}${s}`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}${min}`;
  return `${Math.floor(seconds / 3600)}${h}`;
}

/** Return Unix microseconds of an ISO time; Date alone would cut it to milliseconds. */
export function micros(iso: string): number {
  const fraction = /\.(\d+)/.exec(iso)?.[1] ?? "";
  const below = Number(fraction.padEnd(6, "0").slice(3, 6));
  return Date.parse(iso) * 1000 + below;
}

/** The server's clock, which tells the age of pictures and alarms whatever the reader's clock says. */
export class ServerClock {
  private server = Date.now();
  private steady = performance.now();
  private wall = Date.now();

  /** Learn from a moment that the server wrote into the page or an answer, and that came so many ms ago. */
  learn(serverNow: number, ago = 0): void {
    this.server = serverNow;
    this.steady = performance.now() - ago;
    this.wall = Date.now() - ago;
  }

  /** Learn from the whole second in which the server answered, where it tells one. */
  learnFrom(response: Response): void {
    const second = Date.parse(response.headers.get("Date") ?? "");
    if (second) this.learn(second + 500);
  }

  /**
   * Whichever of the reader's clocks went on further is believed until the server is heard again: one may be
   * set back and the other may stand still while a computer sleeps, and neither may make a picture look younger.
   */
  now(): number {
    return this.server + Math.max(performance.now() - this.steady, Date.now() - this.wall);
  }
}
