import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ServerClock } from "../src/common/time";
import { Feed, type Line } from "../src/desk/feed";

const NOON = Date.parse("2026-03-04T12:00:00Z");

/** The reader's two clocks: the wall's, which can be set, and the browser's own, which sleeps with the computer. */
let [wall, steady] = [0, 0];

function pass(ms: number): void {
  wall += ms;
  steady += ms;
}

beforeEach(() => {
  [wall, steady] = [NOON, 1000];
  vi.spyOn(Date, "now").mockImplementation(() => wall);
  vi.spyOn(performance, "now").mockImplementation(() => steady);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("the server's clock", () => {
  it("goes on, whatever the reader's clock said when it was learnt", () => {
    wall -= 3_600_000;
    const clock = new ServerClock();
    clock.learn(NOON, 200); // the page took so long to begin
    pass(5000);
    expect(clock.now() - NOON).toBe(5200);
  });

  it("makes nothing look younger when the reader's clock is set back, or the computer slept", () => {
    const clock = new ServerClock();
    clock.learn(NOON);
    wall -= 600_000;
    pass(5000);
    expect(clock.now() - NOON).toBe(5000);
    clock.learn(NOON + 5000);
    wall += 60_000;
    expect(clock.now() - NOON).toBe(65_000);
  });

  it("takes the middle of the second in which an answer was written", () => {
    const clock = new ServerClock();
    clock.learnFrom(new Response("", { headers: { Date: "Wed, 04 Mar 2026 12:00:07 GMT" } }));
    expect(clock.now() - NOON).toBe(7500);
    clock.learnFrom(new Response(""));
    expect(clock.now() - NOON).toBe(7500);
  });
});

describe("the desk's line", () => {
  class Socket {
    static last: Socket;
    onmessage: (message: { data: string }) => void = () => undefined;
    constructor() {
      Socket.last = this;
    }
    close(): void {}
  }

  function open(): { clock: ServerClock; lines: Line[]; everySecond: () => void; events: unknown[] } {
    let everySecond = (): void => undefined;
    const setInterval = (work: () => void): number => ((everySecond = work), 1);
    const page = { addEventListener: () => undefined, setInterval, clearTimeout: () => undefined, setTimeout: () => 1 };
    vi.stubGlobal("window", page);
    vi.stubGlobal("document", page);
    vi.stubGlobal("location", { href: "http://desk/", protocol: "http:" });
    vi.stubGlobal("WebSocket", Socket);
    const [clock, lines, events]: [ServerClock, Line[], unknown[]] = [new ServerClock(), [], []];
    const onEvents = (some: unknown[]): void => void events.push(...some);
    new Feed({ clock, socket: "/ws/", events: "/events/", cursor: () => 0, onEvents, onLine: (line) => lines.push(line), onResync: () => undefined });
    return { clock, lines, everySecond, events };
  }

  const beat = (now: number): void => Socket.last.onmessage({ data: JSON.stringify({ kind: "heartbeat", cursor: 0, now: now / 1000 }) });

  it("tells the clock anew with each heartbeat, which is no event", () => {
    const { clock, events } = open();
    clock.learn(NOON);
    pass(5000);
    wall += 20_000; // the reader's clock is put right
    expect(clock.now() - NOON).toBe(25_000);
    beat(NOON + 5000);
    expect(clock.now() - NOON).toBe(5000);
    pass(5000);
    expect(clock.now() - NOON).toBe(10_000);
    expect(events).toEqual([]);
  });

  it("is lost when nothing is heard, though the reader's clock was set back", () => {
    const { lines, everySecond } = open();
    beat(NOON);
    wall -= 600_000;
    pass(16_000);
    everySecond();
    expect(lines.at(-1)).toEqual({ state: "lost", since: NOON });
  });
});
