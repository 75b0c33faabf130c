import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cell } from "../src/watch/cell";
import { Player } from "../src/watch/player";

/** A camera's pictures from one moment to another, and a video that stands where it is put. */
class Feed {
  trouble = "";
  stream = "sub";
  length = 1;
  newest: number | null = null;
  shown: number[] = [];
  wanted: [number, number][] = [];
  video = {
    paused: true, seeking: false, playbackRate: 1,
    play: () => ((this.video.paused = false), Promise.resolve()),
    pause: () => void (this.video.paused = true),
  };
  constructor(
    public position: number,
    public ready: [number, number][],
    private readonly holes: [number, number][] = [],
  ) {}
  has = (at: number): boolean => this.ready.some(([from, to]) => at >= from && at <= to);
  isHole = (at: number): boolean => this.holes.some(([from, to]) => at >= from && at <= to);
  nextReady = (at: number): number | null => this.ready.map(([from]) => from).find((from) => from > at) ?? null;
  want = (at: number, rate: number): void => void this.wanted.push([at, rate]);
  show = (at: number): void => void (this.shown.push(at), (this.position = at));
  seek = (at: number): void => void (this.position = at);
  goLive = (): void => undefined;
}

let tick: () => void;
let now = 1000;

function player(feeds: Feed[], at: number): Player {
  const cells = feeds.map((feed) => ({ feed, camera: { streams: { sub: { fps: 5 } } } })) as unknown as Cell[];
  const made = new Player(cells, () => now);
  made.seek(at);
  for (const feed of feeds) feed.shown = [];
  return made;
}

beforeEach(() => {
  vi.stubGlobal("window", { setInterval: (call: () => void) => ((tick = call), 1) });
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("four cameras in step", () => {
  it("follow the first that has a picture, at the chosen speed", () => {
    const feeds = [0, 1, 2, 3].map(() => new Feed(100, [[50, 200]]));
    const clock = player(feeds, 100);
    clock.rate = 4;
    [104, 103.9, 104.1, 104].forEach((at, index) => (feeds[index]!.position = at));
    tick();
    expect(clock.position).toBe(104);
    const rates = feeds.map((feed) => feed.video.playbackRate);
    expect(rates[0]).toBe(4);
    expect(rates[1]).toBeGreaterThan(4); // it is behind
    expect(rates[2]).toBeLessThan(4); // it is ahead
    expect(feeds.every((feed) => !feed.video.paused)).toBe(true);
    expect(feeds[3]!.wanted.at(-1)![1]).toBe(4);
  });

  it("put one that is far off where the others are", () => {
    const feeds = [new Feed(100, [[50, 200]]), new Feed(100, [[50, 200]])];
    const clock = player(feeds, 100);
    feeds[1]!.position = 90;
    tick();
    expect(feeds[1]!.shown).toEqual([clock.position]);
  });

  it("go on without one that recorded nothing then, which stands", () => {
    const feeds = [new Feed(100, [], [[50, 200]]), new Feed(100, [[50, 200]])];
    const clock = player(feeds, 100);
    feeds[1]!.position = 101;
    tick();
    expect(clock.position).toBe(101);
    expect(feeds.map((feed) => feed.video.paused)).toEqual([true, false]);
  });

  it("wait for pictures that are on their way, but not for ever, and not for one that cannot be played", () => {
    const feeds = [new Feed(100, [[50, 200]]), new Feed(100, [])];
    vi.advanceTimersByTime(1);
    player(feeds, 100);
    tick();
    expect(feeds[0]!.video.paused).toBe(true);
    vi.advanceTimersByTime(4100);
    tick();
    expect(feeds[0]!.video.paused).toBe(false);

    const broken = [new Feed(100, [[50, 200]]), new Feed(100, [])];
    broken[1]!.trouble = "hevc";
    player(broken, 100);
    tick();
    expect(broken[0]!.video.paused).toBe(false);
  });

  it("stand still when they are paused, and step by one picture", () => {
    const feeds = [new Feed(100, [[50, 200]])];
    const clock = player(feeds, 100);
    clock.frame(1);
    expect([clock.playing, clock.position]).toEqual([false, 100.2]);
    clock.frame(-1);
    expect(clock.position).toBeCloseTo(100);
  });

  it("jump over a time that nobody recorded, and say so", () => {
    const feeds = [new Feed(100, [[50, 100]], [[100, 150]]), new Feed(100, [[150, 200]], [[100, 150]])];
    const clock = player(feeds, 110);
    const skipped = vi.fn();
    clock.onSkip = skipped;
    clock.playing = true;
    clock.seek(110);
    expect(skipped).toHaveBeenCalledWith({ since: 110, until: 150 });
    expect(clock.position).toBeCloseTo(150);
  });
});
