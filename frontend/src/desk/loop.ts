// The alarm's moment over and over, muted, on the place of its picture. Until there is a video, and
// wherever it cannot be played, the picture stands.

import { el } from "../common/dom";
import { atClip, type Tools } from "./config";
import type { Alarm, Clip } from "./state";

/** Seconds of the loop before and after the moment. */
const BEFORE_S = 4;
const AFTER_S = 6;

export class Loop {
  readonly video = el("video", { class: "loop", playsinline: true, tabindex: -1, hidden: true });
  private shown = "";
  private from = 0;
  /** The moment that it shows, as Unix milliseconds. */
  moment = 0;
  private broken = false;

  constructor(
    private readonly tools: Tools,
    private readonly onChange: (plays: boolean) => void,
  ) {
    const video = this.video;
    video.muted = true;
    video.preload = "auto";
    video.setAttribute("aria-hidden", "true");
    video.addEventListener("loadedmetadata", () => this.again());
    video.addEventListener("playing", () => this.turn(true));
    video.addEventListener("ended", () => this.again());
    video.addEventListener("timeupdate", () => {
      if (video.currentTime > this.from + BEFORE_S + AFTER_S) this.again();
    });
    // A link to the store lives five minutes: a new one is asked for once, then the picture stands.
    video.addEventListener("error", () => {
      this.turn(false);
      if (this.broken || !this.shown) return;
      this.broken = true;
      video.src = atClip(this.tools.urls.play, this.shown);
    });
  }

  get plays(): boolean {
    return !this.video.hidden;
  }

  /** Loop the alarm's video as soon as there is one; `taken` is the moment of its picture. */
  show(alarm: Alarm, taken: string, mayWatch: boolean): void {
    const ready = alarm.clips.filter((clip) => clip.state === "ready" && (clip.camera ?? alarm.camera) === alarm.camera);
    const moment = Date.parse(taken || alarm.raised_at);
    const holds = (clip: Clip): boolean => Date.parse(clip.starts_at ?? "") <= moment && moment <= Date.parse(clip.ends_at ?? "");
    const clip = ready.find(holds) ?? ready[ready.length - 1];
    if (!mayWatch || !clip) return;
    if (clip.id === this.shown) return;
    this.shown = clip.id;
    this.broken = false;
    const starts = clip.starts_at ? Date.parse(clip.starts_at) : moment;
    this.from = holds(clip) ? Math.max(0, (moment - starts) / 1000 - BEFORE_S) : 0;
    this.moment = holds(clip) ? moment : starts;
    // Who wants no motion sees the picture and plays the video below by hand.
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.video.src = atClip(this.tools.urls.play, clip.id);
  }

  private again(): void {
    this.video.currentTime = this.from;
    void this.video.play().catch(() => this.turn(false));
  }

  private turn(plays: boolean): void {
    if (this.plays === plays) return;
    this.video.hidden = !plays;
    this.onChange(plays);
  }
}
