// Plays clips that were cut together in step: one clock, as many pictures as there are cameras.

import { need } from "../common/dom";
import { sayFull } from "../common/time";
import { drift } from "../watch/spans";

const TICK_MS = 100;

/** Wire one group: every video has `data-start`, the Unix second of its first picture. */
export function keepStep(place: HTMLElement): void {
  const videos = [...place.querySelectorAll<HTMLVideoElement>("video[data-start]")];
  const leader = videos[0];
  if (!leader) return;
  const [since, until] = [Number(place.dataset["since"]), Number(place.dataset["until"])];
  const button = need<HTMLButtonElement>("step-play");
  const slider = need<HTMLInputElement>("step-at");
  const clock = need("step-clock");
  const begins = (video: HTMLVideoElement): number => Number(video.dataset["start"]);
  const now = (): number => begins(leader) + leader.currentTime;
  let playing = false;

  for (const video of videos) {
    video.controls = false; // the bar below is for all of them
    video.muted = true;
  }
  need("step-bar").hidden = false;
  slider.max = String(until - since);

  const turn = (plays: boolean): void => {
    playing = plays;
    button.textContent = (plays ? button.dataset["pause"] : button.dataset["play"]) ?? "";
    if (!plays) for (const video of videos) video.pause();
  };
  const go = (at: number): void => {
    const moment = Math.min(Math.max(at, since), until);
    for (const video of videos) video.currentTime = Math.max(0, moment - begins(video));
  };
  button.addEventListener("click", () => {
    if (!playing && now() >= until - 0.2) go(since);
    turn(!playing);
  });
  slider.addEventListener("input", () => go(since + Number(slider.value)));

  // Nobody plays on while another waits for its pictures; who runs ahead or behind is brought in.
  const tick = (): void => {
    const at = now();
    clock.textContent = sayFull(new Date(at * 1000).toISOString(), place.dataset["zone"]);
    if (document.activeElement !== slider || playing) slider.value = String(at - since);
    if (!playing) return;
    if (at >= until) return turn(false);
    const waits = videos.some((video) => video.seeking || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
    for (const video of videos) {
      const lag = drift(begins(video) + video.currentTime, at);
      if (video !== leader && !video.seeking && lag === null) video.currentTime = Math.max(0, at - begins(video));
      if (video !== leader) video.playbackRate = 1 + (lag ?? 0);
      if (waits && !video.paused && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) video.pause();
      else if (!waits && video.paused) void video.play().catch(() => turn(false));
    }
  };
  const ready = (video: HTMLVideoElement): Promise<void> =>
    video.readyState > 0 ? Promise.resolve() : new Promise((done) => video.addEventListener("loadedmetadata", () => done(), { once: true }));
  void Promise.all(videos.map(ready)).then(() => {
    go(since);
    setInterval(tick, TICK_MS);
  });
}
