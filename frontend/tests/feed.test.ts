import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ServerClock } from "../src/common/time";
import { Feed, type Line } from "../src/desk/feed";

/** The server as a browser meets it: it may be away altogether, or only its sockets. */
const server = { away: false, refuses: false };
const lines: Line[] = [];
const open: Socket[] = [];

class Socket {
  onopen = (): void => undefined;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage = (): void => undefined;

  constructor() {
    setTimeout(() => {
      if (server.away || server.refuses) return this.onclose?.({ code: 1006 });
      open.push(this);
      this.onopen();
    }, 10);
  }
  close(): void {}
}

async function answer(): Promise<Response> {
  if (server.away) return new Response("", { status: 503 });
  return new Response(JSON.stringify({ events: [], late: [] }));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  Object.assign(server, { away: false, refuses: false });
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
