import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CameraGiven } from "../src/watch/config";
import { Feed } from "../src/watch/feed";

const H264 = "avc1.640028";
const HEVC = "hvc1.1.6.L120.90";

/** A camera whose recording is H.264 and, from one second to another, HEVC; `now` is its newest. */
const camera = { now: 1000, hevc: [1010, 1020], asked: 0 };
const codecAt = (at: number): string => (at >= camera.hevc[0]! && at < camera.hevc[1]! ? HEVC : H264);

class Buffer {
  updating = false;
  timestampOffset = 0;
  spans: [number, number][] = [];
  get buffered() {
    return { length: this.spans.length, start: (index: number) => this.spans[index]![0], end: (index: number) => this.spans[index]![1] };
  }
  appendBuffer(bytes: ArrayBuffer): void {
    const [from, until] = new Float64Array(bytes) as unknown as [number, number];
    const last = this.spans.at(-1);
    if (last && from <= last[1] && from >= last[0]) last[1] = Math.max(last[1], until);
    else this.spans.push([from, until]);
  }
  remove(start: number, end: number): void {
    this.spans = this.spans.filter(([from, until]) => from < start || until > end);
  }
  changeType(): void {}
  addEventListener(): void {}
}

class Source {
  static isTypeSupported = (type: string): boolean => type.includes("avc1");
  readyState = "open";
  addEventListener = (_: string, call: () => void): void => call();
  addSourceBuffer = (): Buffer => new Buffer();
}

/** Answers as the server does: pieces of one codec, the newest one where none is asked for. */
async function answer(address: string): Promise<Response> {
  camera.asked += 1;
  const asked = new URL(address, "https://davy.example").searchParams;
  const from = asked.has("since") ? Number(asked.get("since")) : camera.now - 1;
  const told: Record<string, string> = { "X-Now": String(camera.now), "X-Media-Length": "1" };
  if (from >= camera.now) return new Response(null, { status: 204, headers: told });
  let until = from;
  while (until < Math.min(camera.now, from + Number(asked.get("seconds"))) && codecAt(until) === codecAt(from)) until += 1;
  Object.assign(told, { "X-Media-Codec": codecAt(from), "X-Media-From": String(from), "X-Media-Until": String(until) });
  return new Response(new Float64Array([from, until]).buffer, { status: 200, headers: told });
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(camera, { now: 1000, hevc: [1010, 1020], asked: 0 });
  const video = { currentTime: 0, pause: () => undefined, src: "" };
  vi.stubGlobal("window", { setTimeout, MediaSource: Source });
  vi.stubGlobal("MediaSource", Source);
  vi.stubGlobal("document", { createElement: () => ({ ...video }) });
  vi.stubGlobal("fetch", answer);
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:");
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function feed(): Feed {
  const given = { chunk_s: 1, urls: { media: "/media/" } } as CameraGiven;
  return new Feed(given, "main", 0, () => undefined, () => camera.now);
}

async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 1) {
    camera.now += 1;
    await vi.advanceTimersByTimeAsync(1000);
  }
}

it("shows a camera live again that was set to HEVC and back", async () => {
  const one = feed();
  one.goLive();
  await pass(5);
  expect(one.trouble).toBe("");
  await pass(10);
  expect(one.trouble).toBe("hevc");
  camera.asked = 0;
  await pass(4);
  expect(camera.asked).toBeLessThan(3);
  await pass(10);
  expect(one.trouble).toBe("");
  expect(one.newest).toBeGreaterThan(camera.now - 3);
});

it("plays on from a moment before the HEVC, though that lies ready", async () => {
  camera.now = 2000;
  const one = feed();
  one.seek(1005);
  await vi.advanceTimersByTimeAsync(3000);
  expect(one.trouble).toBe("hevc");
  expect(one.has(1007)).toBe(true);
  camera.hevc = [0, 0]; // as a seek over it would find
  one.seek(1007);
  await vi.advanceTimersByTimeAsync(3000);
  expect(one.trouble).toBe("");
  expect(one.newest).toBeGreaterThan(1012);
});
