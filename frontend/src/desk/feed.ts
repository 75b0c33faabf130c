// Keeps the desk in step with the server: a socket, or polling where sockets are blocked.

import { json, Refused } from "../common/http";
import type { ServerClock } from "../common/time";
import type { DeskEvent } from "./state";

export type Line =
  | { state: "connecting" }
  | { state: "live" }
  /** Blocked: the server answers, and for long nothing has come by a socket. */
  | { state: "polling"; blocked: boolean }
  | { state: "lost"; since: number }
  | { state: "signed-out"; since: number };

export interface FeedOptions {
  /** Learns from every heartbeat, or from every answer where sockets are blocked. */
  clock: ServerClock;
  socket: string;
  events: string;
  cursor: () => number;
  onEvents: (events: DeskEvent[]) => void;
  onLine: (line: Line) => void;
  /** Told with every heartbeat, or with every answer: which of the server's own work does not go on. */
  onLate?: (work: string[]) => void;
  /** Asked for after a gap that is too long to be replayed. */
  onResync: () => void;
}

interface Beat {
  now: number;
  late: string[];
}

const SILENT_MS = 15_000;
/** The server speaks as soon as a socket is open. */
const FIRST_MS = 6_000;
const SLOWEST_MS = 10_000;
const POLL_MS = 2_000;
const SOCKET_AGAIN_MS = 30_000;
const BLOCKED_MS = 30_000;
const TOO_LONG_MS = 30 * 60_000;
const SIGNED_OUT = 4401;
/** A backup was restored: the server knows nothing of the last events that came here. */
const AHEAD = 4409;

export class Feed {
  private socket: WebSocket | null = null;
  /** Whether anything came by this socket: one that is open and silent is no line. */
  private heard = false;
  private failures = 0;
  private heardAt: number;
  /** Since when this socket is tried. */
  private beganAt = 0;
  private lostSince: number | null = null;
  private polling = false;
  /** Which loop of polls is the one that goes on. */
  private round = 0;
  /** Since when every poll is answered and nothing comes by a socket. */
  private shutSince: number | null = null;
  private stopped = false;
  private again = 0;

  constructor(private readonly options: FeedOptions) {
    this.heardAt = options.clock.now();
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    window.setInterval(() => this.watch(), 1000);
    this.options.onLine({ state: "connecting" });
    this.connect();
  }

  private connect(): void {
    if (this.stopped) return;
    const url = new URL(this.options.socket, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("cursor", String(this.options.cursor()));
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch {
      this.closed(0);
      return;
    }
    this.socket = socket;
    this.heard = false;
    this.beganAt = this.options.clock.now();
    socket.onmessage = (message) => this.hear(String(message.data));
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code);
    };
  }

  private hear(text: string): void {
    const message = JSON.parse(text) as DeskEvent | ({ kind: "heartbeat" } & Beat);
    const beat = message.kind === "heartbeat" ? (message as Beat) : null;
    if (beat) {
      this.options.clock.learn(beat.now * 1000);
      this.options.onLate?.(beat.late);
    }
    this.heard = true;
    this.heardAt = this.options.clock.now();
    this.failures = 0;
    this.found("live");
    if (!beat) this.options.onEvents([message as DeskEvent]);
  }

  /** The line is there: say so, and take a fresh snapshot when it was away for long. */
  private found(state: "live" | "polling"): void {
    const gap = this.lostSince === null ? 0 : this.options.clock.now() - this.lostSince;
    this.lostSince = null;
    if (state === "live") {
      this.polling = false;
      this.shutSince = null;
    }
    this.options.onLine(state === "live" ? { state } : { state, blocked: this.blocked() });
    if (gap > TOO_LONG_MS) this.options.onResync();
  }

  private closed(code: number): void {
    this.socket = null;
    if (code === SIGNED_OUT) {
      this.signedOut();
      return;
    }
    if (code === AHEAD) this.options.onResync();
    this.failures += 1;
    if (!this.polling) this.lose();
    // Nothing came by two sockets: the server is away, or something between us blocks them. Ask instead.
    if (!this.heard && this.failures >= 2 && !this.polling) {
      this.polling = true;
      this.round += 1;
      void this.poll(this.round);
    }
    const wait = this.blocked()
      ? SOCKET_AGAIN_MS
      : Math.min(SLOWEST_MS, 500 * 2 ** (this.failures - 1)) * (0.75 + Math.random() / 2);
    window.clearTimeout(this.again);
    this.again = window.setTimeout(() => this.connect(), wait);
  }

  private blocked(): boolean {
    return this.shutSince !== null && this.options.clock.now() - this.shutSince >= BLOCKED_MS;
  }

  /** Go on after the person signed in again. */
  resume(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.failures = 0;
    this.lostSince = this.heardAt;
    this.options.onLine({ state: "connecting" });
    this.connect();
  }

  private lose(): void {
    this.lostSince ??= this.heardAt;
    this.options.onLine({ state: "lost", since: this.lostSince });
  }

  private signedOut(): void {
    this.stopped = true;
    this.polling = false;
    this.shutSince = null;
    this.options.onLine({ state: "signed-out", since: this.heardAt });
  }

  private async poll(round: number): Promise<void> {
    const goesOn = (): boolean => this.polling && !this.stopped && round === this.round;
    while (goesOn()) {
      let more = false;
      try {
        const url = `${this.options.events}?cursor=${this.options.cursor()}`;
        const answer = await json<{ events: DeskEvent[]; late: string[] }>(url, "GET", undefined, {
          signal: AbortSignal.timeout(8000),
          answered: (response) => this.options.clock.learnFrom(response),
        });
        if (!goesOn()) return;
        this.heardAt = this.options.clock.now();
        this.options.onLate?.(answer.late);
        if (this.shutSince === null) {
          // The server is there (again): nothing says yet that a socket would not open now.
          this.shutSince = this.heardAt;
          this.failures = 0;
          this.hurry();
        }
        this.found("polling");
        if (answer.events.length) this.options.onEvents(answer.events);
        more = answer.events.length >= 500;
      } catch (error) {
        if (!goesOn()) return;
        if (error instanceof Refused && (error.status === 401 || error.status === 403)) {
          this.signedOut();
          return;
        }
        // A cursor that is refused is ahead of a restored backup.
        if (error instanceof Refused && error.status === 400) this.options.onResync();
        this.shutSince = null;
        this.lose();
      }
      if (!more) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** A line that is silent for three heartbeats, or from its beginning, is dead, whatever the browser thinks. */
  private watch(): void {
    const socket = this.socket;
    const silent = this.options.clock.now() - (this.heard ? this.heardAt : this.beganAt);
    if (this.stopped || !socket || silent < (this.heard ? SILENT_MS : FIRST_MS)) return;
    this.socket = null;
    socket.onclose = null;
    socket.close();
    this.closed(0);
  }

  private hurry(): void {
    if (this.stopped || this.socket) return;
    window.clearTimeout(this.again);
    this.connect();
  }
}
