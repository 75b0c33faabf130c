// One camera's pictures: fetched chunk by chunk, kept in the browser's own buffer, where every
// picture lies at the second in which it was recorded. A gap in the recording is a gap there too.

import { isElsewhere, nextStart, holding, type Span } from "./spans";
import type { CameraGiven } from "./config";

// The browser keeps so much before what is shown; the rest is given back.
const BEHIND_S = 20;
const FIRST_S = 2;
const AHEAD_S = 12;
const PIECE_S = 10;
const RETRY_MS = 700;
const LOOK_MS = 5000;
// Neighbouring pictures of one second a picture may lie so far apart.
const EDGE_S = 0.15;

export type Trouble = "" | "hevc" | "no_mse" | "connection" | "signed_out";

interface Piece {
  bytes: ArrayBuffer | null;
  codec: string;
  from: number;
  until: number;
  length: number;
  next: number | null;
  now: number;
}

export class Feed {
  readonly video: HTMLVideoElement;
  /** Where nothing is recorded, as the server said; `until` null: not yet. */
  hole: { since: number; until: number | null } | null = null;
  trouble: Trouble = "";
  troubleSince = 0;
  /** Seconds between two cuts of the stream. */
  length: number;
  private readonly origin: number;
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private codec = "";
  /** From where to where everything was asked for: what is not there is a hole. */
  private asked: number | null = null;
  private edge: number | null = null;
  private live = false;
  private wanted = 0;
  private rate = 1;
  private first = true;
  private turn = 0;
  private asking: AbortController | null = null;
  private work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly camera: CameraGiven,
    public stream: string,
    origin: number,
    private readonly heardNow: (server: number) => void,
    private readonly now: () => number,
  ) {
    this.origin = origin;
    this.length = camera.chunk_s;
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.preload = "auto";
    this.video.disablePictureInPicture = true;
  }

  /** The Unix second of the picture that is shown. */
  get position(): number {
    return this.video.currentTime + this.origin;
  }

  /** Which seconds lie ready, in Unix seconds. */
  get ready(): Span[] {
    const found: Span[] = [];
    const ranges = this.buffer && this.source?.readyState === "open" ? this.buffer.buffered : null;
    for (let i = 0; ranges && i < ranges.length; i += 1) found.push([ranges.start(i) + this.origin, ranges.end(i) + this.origin]);
    return found;
  }

  has(at: number): boolean {
    return holding(this.ready, at, EDGE_S) !== null;
  }

  /** Whether nothing is recorded at a moment, as far as is known. */
  isHole(at: number): boolean {
    const asked = this.asked !== null && this.edge !== null && at >= this.asked && at < this.edge - EDGE_S;
    if (asked && !this.has(at)) return true;
    return this.hole !== null && at >= this.hole.since - EDGE_S && (this.hole.until === null || at < this.hole.until - 0.01);
  }

  /** Whether what came last is of a kind that this browser does not play. */
  get unplayable(): boolean {
    return this.trouble === "hevc" || this.trouble === "no_mse";
  }

  get newest(): number | null {
    const ready = this.ready;
    return ready.length ? ready[ready.length - 1]![1] : null;
  }

  /** Follow the newest second. */
  goLive(): void {
    this.begin(true, null);
  }

  /** Show a moment of the recording. */
  seek(at: number): void {
    this.wanted = at;
    // After what could not be played nothing more is asked for: there it begins anew.
    if (!this.live && this.has(at) && !this.unplayable) {
      this.show(at);
      return;
    }
    this.begin(false, at);
  }

  /** Tell what is shown and how fast, so that enough lies ready. */
  want(at: number, rate: number): void {
    this.wanted = at;
    this.rate = rate;
  }

  /** Move the video to a moment that lies ready, or to the edge of what does. */
  show(at: number): void {
    const span = holding(this.ready, at, EDGE_S);
    const inside = span ? Math.min(Math.max(at, span[0] + 0.001), span[1] - 0.001) : at;
    this.video.currentTime = Math.max(0, inside - this.origin);
  }

  nextReady(at: number): number | null {
    return nextStart(this.ready, at + EDGE_S) ?? (this.isHole(at) ? this.hole!.until : null);
  }

  change(stream: string): void {
    this.stream = stream;
    this.begin(this.live, this.live ? null : this.wanted);
  }

  /** Ask for nothing more. */
  end(): void {
    this.turn += 1;
    this.asking?.abort();
    this.video.pause();
    URL.revokeObjectURL(this.video.src);
  }

  private begin(live: boolean, at: number | null): void {
    this.live = live;
    this.edge = this.asked = at;
    this.hole = null;
    this.first = true;
    this.asking?.abort();
    this.turn += 1;
    void this.run(this.turn);
  }

  private async run(turn: number): Promise<void> {
    if (!(await this.open())) return;
    if (this.live || !this.has(this.edge ?? 0)) await this.forget(0, Infinity);
    while (turn === this.turn) {
      if (!this.live && this.full()) {
        await wait(100);
        continue;
      }
      try {
        const piece = await this.fetch();
        if (turn !== this.turn) return;
        this.mend();
        if (!(await this.take(piece, turn))) return;
      } catch (error) {
        if (turn !== this.turn) return;
        if (this.video.error || this.source?.readyState !== "open") this.reset();
        this.fail(error instanceof Response && [401, 403].includes(error.status) ? "signed_out" : "connection");
        await wait(RETRY_MS);
        if (turn === this.turn && !(await this.open())) return;
      }
    }
  }

  /** Start with an empty buffer after pictures that the browser could not decode. */
  private reset(): void {
    this.source = this.buffer = null;
    this.codec = "";
    this.first = true;
    if (this.edge !== null && !this.live) this.edge += 1; // past what could not be decoded
  }

  private full(): boolean {
    return this.edge !== null && this.edge > this.wanted + AHEAD_S * Math.max(1, this.rate);
  }

  private async fetch(): Promise<Piece> {
    if (this.live && this.edge !== null && isElsewhere(this.edge, this.now())) {
      // What lies ready of a time that is yet to come would be taken for the newest.
      if (this.edge > this.now()) await this.forget(0, Infinity);
      this.edge = null;
    }
    const asked = new URLSearchParams({ stream: this.stream });
    if (this.live) asked.set("live", "1");
    if (this.edge !== null) asked.set("since", this.edge.toFixed(3));
    const seconds = this.first ? FIRST_S : Math.min(60, PIECE_S * Math.max(1, this.rate));
    asked.set("seconds", String(seconds));
    this.asking = new AbortController();
    const signal = AbortSignal.any([this.asking.signal, AbortSignal.timeout(8000)]);
    const response = await fetch(`${this.camera.urls.media}?${asked}`, { cache: "no-store", credentials: "same-origin", signal });
    if (!response.ok) throw response;
    const head = (name: string): number => Number(response.headers.get(name) ?? NaN);
    const next = head("X-Media-Next");
    return {
      bytes: response.status === 200 ? await response.arrayBuffer() : null,
      codec: response.headers.get("X-Media-Codec") ?? "",
      from: head("X-Media-From"),
      until: head("X-Media-Until"),
      length: head("X-Media-Length"),
      next: Number.isNaN(next) ? null : next,
      now: head("X-Now"),
    };
  }

  /** Put a piece into the buffer; false when this stream cannot be played. */
  private async take(piece: Piece, turn: number): Promise<boolean> {
    if (!Number.isNaN(piece.now)) this.heardNow(piece.now);
    if (piece.bytes === null) {
      if (!this.live && this.edge !== null) {
        this.hole = { since: this.edge, until: piece.next };
        if (piece.next !== null && piece.next > this.edge) this.edge = piece.next;
        else if (piece.next === null) await wait(RETRY_MS);
      } else if (piece.next !== null && this.edge !== null) {
        this.edge = piece.next; // the live stream was away and is back
      } else await wait(this.edge === null ? RETRY_MS : 200);
      return true;
    }
    if (!this.prepare(piece.codec)) {
      if (!this.live) return false;
      // A camera that was set to HEVC may be set back: look at its newest second now and then.
      this.edge = null;
      await wait(LOOK_MS);
      return true;
    }
    if (this.live && this.edge !== null && piece.from - this.edge > 0.3) this.hole = { since: this.edge, until: piece.from };
    else if (this.hole?.until === null) this.hole = null;
    const wanted = this.edge;
    await this.append(piece.bytes);
    if (turn !== this.turn) return false;
    if (this.first || (this.live && wanted === null)) this.show(this.live ? piece.from : this.wanted);
    this.first = false;
    this.edge = piece.until;
    this.length = piece.length || this.length;
    await this.forget(0, (this.live ? this.position : this.wanted) - BEHIND_S);
    if (this.live) {
      // The next second comes when it is over and written; asking sooner would be for nothing.
      const due = (piece.until + this.length - piece.now) * 1000;
      await wait(Math.min(Math.max(due, 150), this.length * 1000));
    }
    return true;
  }

  private open(): Promise<boolean> {
    if (this.source) return Promise.resolve(true);
    if (!("MediaSource" in window)) {
      this.fail("no_mse");
      return Promise.resolve(false);
    }
    this.source = new MediaSource();
    this.video.src = URL.createObjectURL(this.source);
    return new Promise((done) => this.source!.addEventListener("sourceopen", () => done(true), { once: true }));
  }

  private prepare(codec: string): boolean {
    const type = `video/mp4; codecs="${codec}"`;
    if (!MediaSource.isTypeSupported(type)) {
      this.fail(codec.startsWith("avc") ? "no_mse" : "hevc");
      return false;
    }
    if (!this.buffer) {
      this.buffer = this.source!.addSourceBuffer(type);
      this.buffer.timestampOffset = -this.origin;
    } else if (this.codec !== codec) this.buffer.changeType(type);
    this.codec = codec;
    return true;
  }

  /** A source buffer takes one order at a time. */
  private alone(order: () => Promise<void>): Promise<void> {
    const done = this.work.then(order, order);
    this.work = done;
    return done;
  }

  private append(bytes: ArrayBuffer): Promise<void> {
    return this.alone(() => this.put(bytes));
  }

  private async put(bytes: ArrayBuffer): Promise<void> {
    const buffer = this.buffer!;
    try {
      buffer.appendBuffer(bytes);
    } catch (error) {
      if ((error as DOMException).name !== "QuotaExceededError") throw error;
      await this.drop(0, this.position - 2);
      await this.drop(this.position + 30, Infinity);
      buffer.appendBuffer(bytes);
    }
    await settled(buffer);
  }

  private forget(from: number, to: number): Promise<void> {
    return this.alone(() => this.drop(from, to));
  }

  private async drop(from: number, to: number): Promise<void> {
    const buffer = this.buffer;
    if (!buffer || !buffer.buffered.length) return;
    const start = Math.max(0, from - this.origin);
    const end = to - this.origin;
    if (end <= start || (end !== Infinity && buffer.buffered.start(0) > end - 5)) return;
    buffer.remove(start, end);
    await settled(buffer);
  }

  private fail(trouble: Trouble): void {
    if (!this.trouble) this.troubleSince = this.now() * 1000;
    this.trouble = trouble;
  }

  private mend(): void {
    this.trouble = "";
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((done) => window.setTimeout(done, milliseconds));
}

function settled(buffer: SourceBuffer): Promise<void> {
  if (!buffer.updating) return Promise.resolve();
  return new Promise((done) => buffer.addEventListener("updateend", () => done(), { once: true }));
}
