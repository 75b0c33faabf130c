import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ServerClock } from "../src/common/time";
import { Feed, type Line } from "../src/desk/feed";

/** The server as a browser meets it: away altogether, or only its sockets, which may also open and bring nothing. */
const server = { away: false, refuses: false, mute: false, polls: 0 };
const lines: Line[] = [];
const open: Socket[] = [];

class Socket {
  onopen = (): void => undefined;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage = (_message: { data: string }): void => undefined;

  constructor() {
    setTimeout(() => {
      if (server.away || server.refuses) return this.onclose?.({ code: 1006 });
      open.push(this);
      this.onopen();
      if (!server.mute) this.onmessage({ data: JSON.stringify({ kind: "heartbeat", now: Date.now() / 1000, late: [] }) });
    }, 10);
  }
  close(): void {}
}

async function answer(): Promise<Response> {
  if (server.away) return new Response("", { status: 503 });
  server.polls += 1;
  return new Response(JSON.stringify({ events: [], late: [] }));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  Object.assign(server, { away: false, refuses: false, mute: false, polls: 0 });
  lines.length = open.length = 0;
  const timers = { setTimeout: setTimeout, clearTimeout: clearTimeout, setInterval: setInterval };
  vi.stubGlobal("window", { ...timers, addEventListener: () => undefined });
  vi.stubGlobal("document", { addEventListener: () => undefined, documentElement: { lang: "en" }, cookie: "" });
  vi.stubGlobal("location", { href: "https://davy.example/desk/", protocol: "https:" });
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("fetch", answer);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function desk(): void {
  const nothing = (): void => undefined;
  new Feed({
    clock: new ServerClock(), socket: "/ws/events/", events: "/api/v1/events/", cursor: () => 0,
    onEvents: nothing, onLine: (line) => lines.push(line), onResync: nothing,
  });
}

async function seconds(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * 1000);
}

/** What the page said of the line, each once in a row. */
function told(): string[] {
  const said = lines.map((line) => (line.state === "polling" && line.blocked ? "blocked" : line.state));
  return said.filter((one, index) => one !== said[index - 1]);
}

it("never says that a line is blocked because the server was away", async () => {
  desk();
  await seconds(2);
  server.away = true;
  open[0]!.onclose!({ code: 1006 });
  await seconds(40);
  server.away = false;
  await seconds(4);
  expect(told()).toEqual(["connecting", "live", "lost", "polling", "live"]);
});

it("says that the line is blocked where the server answers and no socket opens for long", async () => {
  server.refuses = true;
  desk();
  await seconds(25);
  expect(told()).toEqual(["connecting", "lost", "polling"]);
  await seconds(15);
  expect(told()).toEqual(["connecting", "lost", "polling", "blocked"]);
  server.refuses = false;
  await seconds(35);
  expect(told().at(-1)).toBe("live");
});

it("begins again to wait for the line after polls that were not answered", async () => {
  server.refuses = true;
  desk();
  await seconds(40);
  expect(told().at(-1)).toBe("blocked");
  server.away = true;
  await seconds(5);
  server.away = false;
  await seconds(5);
  expect(told().slice(-3)).toEqual(["blocked", "lost", "polling"]);
});

it("asks the server itself where sockets open and nothing comes by them", async () => {
  server.mute = true;
  desk();
  await seconds(16);
  expect(told()).toEqual(["connecting", "lost", "polling"]);
  await seconds(35);
  expect(told().at(-1)).toBe("blocked");
  expect(lines.filter((line) => line.state === "live")).toEqual([]);
});

it("asks the server itself where sockets open and fall at once", async () => {
  server.mute = true;
  desk();
  for (let k = 0; k < 10; k += 1) {
    await seconds(1);
    open.splice(0).forEach((socket) => socket.onclose?.({ code: 1006 }));
  }
  expect(told()).toEqual(["connecting", "lost", "polling"]);
});

it("asks once every two seconds, however often the line came for a moment and went again", async () => {
  desk();
  for (let k = 0; k < 8; k += 1) {
    vi.mocked(Math.random).mockReturnValue(k / 8);
    server.refuses = true;
    open.splice(0).forEach((socket) => socket.onclose?.({ code: 1006 }));
    await seconds(4);
    server.refuses = false;
    while (told().at(-1) !== "live") await seconds(0.1);
  }
  server.refuses = true;
  open.splice(0).forEach((socket) => socket.onclose?.({ code: 1006 }));
  await seconds(3);
  server.polls = 0;
  await seconds(20);
  expect(server.polls).toBeLessThanOrEqual(11);
});
