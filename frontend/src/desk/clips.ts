// The videos of the chosen alarm.

import { boxesOver, boxesSwitch } from "../common/boxes";
import { el, icon } from "../common/dom";
import { say } from "../common/time";
import { at, atClip, type Tools } from "./config";
import type { Alarm, Clip } from "./state";

export class Clips {
  readonly place = el("div");
  private shown = "";

  constructor(
    private readonly tools: Tools,
    private readonly mayWatch: boolean,
  ) {}

  /** Show the alarm's videos; one that plays is left alone while others come. */
  show(alarm: Alarm): void {
    const key = alarm.clips.map((clip) => `${clip.id}:${clip.state}`).join(",");
    if (key === this.shown && this.place.childElementCount) return;
    this.shown = key;
    const known = new Map([...this.place.children].map((node) => [(node as HTMLElement).dataset["clip"], node]));
    const nodes = alarm.clips.map(
      (clip, index) => known.get(`${clip.id}:${clip.state}`) ?? this.make(alarm, clip, index, alarm.clips.length),
    );
    this.place.replaceChildren(
      ...(nodes.length ? nodes : [el("p", { class: "sub" }, this.tools.words.t("clip_none"))]),
    );
  }

  /** Play or pause the newest video that is ready. */
  play(): void {
    const videos = this.place.querySelectorAll("video");
    const video = videos[videos.length - 1];
    if (!video) return;
    video.scrollIntoView({ block: "nearest" });
    if (video.paused) void video.play().catch(() => undefined);
    else video.pause();
  }

  private make(alarm: Alarm, clip: Clip, index: number, all: number): HTMLElement {
    const { t } = this.tools.words;
    const box = el("div", { class: "clip", "data-clip": `${clip.id}:${clip.state}` });
    const number = all > 1 ? t("clip_number", { number: index + 1 }) : "";
    if (number) box.append(el("p", { class: "sub" }, number));
    if (clip.state !== "ready" || !this.mayWatch) {
      box.append(el("p", { class: "sub" }, t(clip.state === "failed" ? "clip_failed" : "clip_pending")));
      return box;
    }
    box.append(this.video(alarm, clip));
    // Read by itself, a button must say of which video it is.
    const named = (verb: string): Record<string, string> => (number ? { "aria-label": `${verb}, ${number}` } : {});
    const boxes = el("button", { class: "button small quiet", type: "button", title: t("boxes_title"), "data-boxes-switch": true, ...named(t("boxes")) }, icon("shape"), t("boxes"));
    boxesSwitch(boxes);
    box.append(
      el(
        "div",
        { class: "clip-foot" },
        boxes,
        el("a", { href: atClip(this.tools.urls.clip, clip.id), ...named(t("details")) }, t("details")),
        el("a", { class: "button small", href: atClip(this.tools.urls.download, clip.id), ...named(t("download")) }, icon("down"), t("download")),
      ),
    );
    return box;
  }

  private video(alarm: Alarm, clip: Clip): HTMLElement {
    const { t } = this.tools.words;
    const label = `${t("clip")}: ${alarm.camera_name}, ${say(clip.starts_at ?? alarm.raised_at, alarm.timezone)}`;
    const source = atClip(this.tools.urls.play, clip.id);
    const poster = alarm.picture.at
      ? `${at(this.tools.urls.snapshot, alarm.id)}?at=${encodeURIComponent(alarm.picture.at)}`
      : null;
    // preload: none. Whoever looks at a video is noted, so nothing is fetched before it is played.
    const video = el("video", { controls: true, preload: "none", src: source, poster, playsinline: true, "aria-label": label });
    const fault = el("p", { class: "sub", role: "alert", hidden: true }, t("clip_error"));
    const again = el("button", { class: "button small", type: "button", hidden: true }, t("retry"));
    let tries = 0;
    const reload = (): void => {
      const moment = video.currentTime;
      video.src = source;
      video.addEventListener("loadedmetadata", () => (video.currentTime = moment), { once: true });
      void video.play().catch(() => undefined);
      fault.hidden = again.hidden = true;
    };
    video.addEventListener("playing", () => (tries = 0));
    // A link to the store lives five minutes; after that one new link is asked for by itself.
    video.addEventListener("error", () => {
      tries += 1;
      if (tries === 1 && video.currentTime > 0) reload();
      else fault.hidden = again.hidden = false;
    });
    again.addEventListener("click", reload);
    const place = el("div", { class: "boxed", "data-boxes": atClip(this.tools.urls.boxes, clip.id), "data-fault": t("boxes_error") }, video);
    boxesOver(place);
    return el("div", {}, place, fault, again);
  }
}
