// One camera's place on the page: its picture, its age or moment, and the word that covers a
// picture which must not pass for a view of what it is not.

import { boxesFrom } from "../common/boxes";
import { el, icon, setText } from "../common/dom";
import { json } from "../common/http";
import { say, sayAge } from "../common/time";
import type { Words } from "../common/words";
import { masksOver } from "../common/masks";
import { Recorded } from "./boxes";
import type { CameraGiven, GapFound } from "./config";
import { Feed } from "./feed";
import { plays } from "./plays";
import { AHEAD_S } from "./spans";

// As on the desk's wall: older than this a picture is no view of the present.
export const OLD_S = 10;
const LATE_S = 5;
const ASK_MS = 3000;

interface Health {
  state: string;
  because: string;
}

export class Cell {
  readonly place: HTMLElement;
  readonly feed: Feed;
  gaps: GapFound[] = [];
  private health: Health | null = null;
  private readonly since = Date.now();
  private readonly word = el("strong");
  private readonly reason = el("span");
  private readonly note = el("span");
  private readonly cover: HTMLElement;
  private readonly age = el("span", { class: "watch-age" });
  private readonly banner = el("p", { class: "watch-warning", hidden: true });

  constructor(
    readonly camera: CameraGiven,
    stream: string,
    origin: number,
    private readonly words: Words,
    heardNow: (server: number) => void,
    now: () => number,
    labels: Record<string, string>,
  ) {
    this.feed = new Feed(camera, stream, origin, heardNow, now);
    this.cover = el("div", { class: "watch-cover", hidden: true }, this.word, this.reason, this.note);
    const frame = el("div", { class: "picture-frame", "data-boxes": true }, this.feed.video, ...masksOver(camera.masks, this.feed.video), this.cover);
    const { t } = words;
    boxesFrom(frame, this.feed.video, new Recorded(camera.urls.boxes, origin, { labels, fault: t("boxes_error"), later: t("boxes_later") }));
    this.place = el(
      "article",
      { class: "watch-cell", "data-camera": camera.id },
      el("header", { class: "watch-cell-head" }, el("strong", {}, camera.name), el("span", { class: "sub" }, camera.area), this.age),
      frame,
      this.banner,
    );
    this.feed.video.setAttribute("aria-label", camera.name);
  }

  /** Ask how the camera itself is, while it is looked at live. */
  async ask(): Promise<void> {
    try {
      this.health = (await json<{ health: Health }>(this.camera.urls.camera, "GET", undefined, { signal: AbortSignal.timeout(6000) })).health;
    } catch {
      // The age of the picture tells it.
    }
  }

  static readonly everyMs = ASK_MS;

  /** Judge the picture and say what it is. */
  draw(live: boolean, now: number, position: number): void {
    const { t, code } = this.words;
    const zone = this.camera.timezone;
    const seen = this.feed.newest !== null;
    const shown = this.feed.position;
    const old = now - shown;
    this.banner.hidden = true;
    // What lies ready before it plays all the same.
    if (this.feed.unplayable && (live || !this.feed.has(position))) {
      this.covered("plain", "", t(this.feed.trouble), "");
      setText(this.age, "");
      return;
    }
    if (live) {
      setText(this.age, seen ? t("age", { age: sayAge(Math.max(0, old) * 1000) }) : t("no_picture"));
      this.place.classList.toggle("late", seen && old > LATE_S);
      // A picture of a time that is yet to come is from before the server's clock was set back.
      const silent = seen ? old > OLD_S || old < -AHEAD_S : Date.now() - this.since > 6000;
      const last = seen ? t("last_picture", { time: say(shown * 1000, zone, now * 1000) }) : t("no_picture");
      if (!this.camera.enabled) this.covered("off", t("off_word"), "", last);
      else if (silent) this.covered("blind", t("blind_word"), this.because(), last);
      else if (!seen) this.covered("plain", "", t("loading"), "");
      else this.covered("", "", "", "");
      const doubt = this.health?.state === "blind" && !silent ? this.health.because : "";
      if (doubt) this.warn(`${t("blind_word")}: ${code("blind", doubt)}`);
      else this.warn(this.small());
      return;
    }
    this.place.classList.remove("late");
    setText(this.age, this.feed.video.readyState ? say(shown * 1000, zone, now * 1000) : "");
    if (this.feed.isHole(position)) {
      const gap = this.gaps.find((one) => position >= one.since - 0.5 && position < one.until);
      this.covered("gap", t("gap_now"), gap ? this.cause(gap) : "", "");
    } else if (!this.feed.has(position) || this.feed.video.readyState < 2) {
      this.covered(this.feed.trouble ? "gap" : "busy", "", this.feed.trouble ? this.because() : t("loading"), "");
    } else this.covered("", "", "", "");
    this.warn(this.small());
  }

  /** Why a gap is there, in words. */
  cause(gap: GapFound): string {
    return gap.reason ? this.words.t("because", { words: gap.words, reason: gap.reason }) : gap.words;
  }

  private because(): string {
    const { t, code } = this.words;
    if (this.feed.trouble === "connection") return t("connection", { time: say(this.feed.troubleSince, this.camera.timezone) });
    if (this.feed.trouble === "signed_out") return t("signed_out");
    return this.health?.because ? code("blind", this.health.because) : code("blind", "lost");
  }

  private small(): string {
    const main = this.camera.streams["main"];
    return main && !plays(main) && this.feed.stream === "sub" ? this.words.t("hevc_small") : "";
  }

  private warn(text: string): void {
    this.banner.hidden = !text;
    if (this.banner.textContent !== text) this.banner.replaceChildren(...(text ? [icon("eye-off"), text] : []));
  }

  private covered(kind: string, word: string, reason: string, note: string): void {
    this.cover.hidden = !kind;
    this.cover.className = `watch-cover ${kind}`;
    this.place.dataset["shows"] = kind || "picture";
    setText(this.word, word);
    setText(this.reason, reason);
    setText(this.note, note);
  }
}
