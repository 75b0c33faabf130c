// Keeps up to four cameras in step. Live, each follows its own newest second. In the recording the
// first camera that has a picture leads: where it is, the others are brought by playing a little
// faster or slower. Where none has one, all go on where the recording does.

import type { Cell } from "./cell";
import { drift } from "./spans";

const TICK_MS = 100;
// How far behind the newest second the live picture is shown: the next one must be there in time.
const MARGIN_S = 0.45;
const FAR_S = 2.5;

export interface Skipped {
  since: number;
  until: number;
}

export class Player {
  live = true;
  playing = true;
  rate = 1;
  /** The Unix second that is shown, or wanted. */
  position: number;
  onSkip: (skipped: Skipped) => void = () => undefined;
  onDraw: () => void = () => undefined;
  private waitingSince = 0;
  private readonly ticks: number;

  constructor(
    private readonly cells: readonly Pick<Cell, "camera" | "feed">[],
    private readonly now: () => number,
  ) {
    this.position = now();
    this.ticks = window.setInterval(() => this.tick(), TICK_MS);
  }

  /** Show nothing any more and ask for nothing. */
  end(): void {
    window.clearInterval(this.ticks);
    for (const { feed } of this.cells) feed.end();
  }

  goLive(): void {
    this.live = this.playing = true;
    for (const { feed } of this.cells) feed.goLive();
    this.tick();
  }

  seek(at: number): void {
    this.live = false;
    this.position = Math.min(at, this.now());
    for (const { feed } of this.cells) {
      feed.video.pause();
      feed.seek(this.position);
    }
    this.tick();
  }

  toggle(): void {
    if (this.live) this.seek(this.cells[0]!.feed.position);
    this.playing = this.live ? true : !this.playing;
    this.tick();
  }

  pause(): void {
    if (this.live) this.seek(this.cells[0]!.feed.position);
    this.playing = false;
    this.tick();
  }

  /** One picture on or back. */
  frame(step: number): void {
    this.pause();
    const facts = this.cells[0]!.camera.streams[this.cells[0]!.feed.stream];
    const length = 1 / (facts && facts.fps > 0 ? facts.fps : 10);
    this.seek(this.position + step * length);
  }

  private tick(): void {
    if (this.live) this.followLive();
    else this.followTime();
    this.onDraw();
  }

  private followLive(): void {
    for (const { feed } of this.cells) {
      const newest = feed.newest;
      if (newest === null) continue;
      const ahead = newest - feed.position;
      if (ahead > feed.length + FAR_S || ahead < 0) feed.show(newest - feed.length - MARGIN_S);
      feed.video.playbackRate = ahead > feed.length + MARGIN_S + 0.3 ? 1.08 : ahead < MARGIN_S / 3 ? 0.92 : 1;
      if (feed.video.paused) void feed.video.play().catch(() => undefined);
      // A hole that lies before the newest second is jumped over.
      const next = feed.nextReady(feed.position);
      if (!feed.has(feed.position) && next !== null) feed.show(next);
    }
    this.position = this.cells[0]!.feed.newest === null ? this.now() : this.cells[0]!.feed.position;
  }

  private followTime(): void {
    const feeds = this.cells.map((cell) => cell.feed);
    for (const feed of feeds) feed.want(this.position, this.rate);
    const leader = feeds.find((feed) => feed.has(this.position));
    const waits = feeds.some((feed) => !feed.trouble && !feed.has(this.position) && !feed.isHole(this.position));
    if (!leader && !waits) {
      this.overHole();
      return;
    }
    if (!waits) this.waitingSince = 0;
    if (!this.playing || !leader || (waits && this.patient())) {
      for (const feed of feeds) {
        feed.video.pause();
        if (leader && feed.has(this.position) && !feed.video.seeking && Math.abs(feed.position - this.position) > 0.02) feed.show(this.position);
      }
      return;
    }
    if (!leader.video.seeking) {
      if (leader.video.paused && Math.abs(leader.position - this.position) > 0.05) leader.show(this.position);
      else this.position = Math.max(this.position, leader.position);
    }
    for (const feed of feeds) this.follow(feed, feed === leader);
    this.atEdge(feeds, leader);
  }

  private follow(feed: Cell["feed"], leads: boolean): void {
    if (!feed.has(this.position)) {
      feed.video.pause();
      return;
    }
    const change = leads || feed.video.seeking ? 0 : drift(feed.position, this.position);
    if (change === null) feed.show(this.position);
    feed.video.playbackRate = this.rate * (1 + (change ?? 0));
    if (feed.video.paused) void feed.video.play().catch(() => undefined);
  }

  /** A video that reached the end of what it has stops there; go on by the clock until others lead. */
  private atEdge(feeds: Cell["feed"][], leader: Cell["feed"]): void {
    const end = leader.ready.find(([from, to]) => this.position >= from - 0.2 && this.position <= to + 0.2)?.[1];
    if (end === undefined || end - this.position > 0.2) return;
    if (leader.isHole(end) || leader.nextReady(this.position) !== null || feeds.length > 1) this.position = end + 0.16;
    if (this.now() - this.position < 3 && leader.nextReady(this.position) === null) this.goLive();
  }

  /** Nobody has a picture of this moment: go on where the recording does, or live at its end. */
  private overHole(): void {
    const nexts = this.cells.map(({ feed }) => feed.nextReady(this.position)).filter((at): at is number => at !== null);
    for (const { feed } of this.cells) feed.video.pause();
    if (!this.playing) return;
    const next = nexts.length ? Math.min(...nexts) : null;
    if (next === null || next <= this.position) {
      if (this.now() - this.position < 12) this.goLive();
      return;
    }
    this.onSkip({ since: this.position, until: next });
    this.seek(next + 0.001);
  }

  /** Others wait for a camera whose pictures are on their way, but not for ever. */
  private patient(): boolean {
    this.waitingSince ||= performance.now();
    return performance.now() - this.waitingSince < 4000;
  }
}
