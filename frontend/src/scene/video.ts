// The camera's live video beneath what is drawn, in place of the still picture. Where no video comes,
// or only an old one, the still is back with a sentence: a frozen video must not pass for now.

import { el, setText } from "../common/dom";
import { masksOver } from "../common/masks";
import { sayAge, ServerClock } from "../common/time";
import type { CameraGiven } from "../watch/config";
import { Feed } from "../watch/feed";
import { Player } from "../watch/player";
import { playable } from "../watch/plays";
import type { Canvas } from "./canvas";
import type { Editor } from "./editor";

/** So long a video may keep one waiting, or its newest picture be old, before the still is back. */
const PATIENCE_S = 10;

/** The stream that is analysed, or the other one where this browser plays only that. */
export function streamOf({ streams }: Pick<CameraGiven, "streams">): string {
  const [wanted, other] = streams["sub"] ? ["sub", "main"] : ["main", "sub"];
  return playable(streams, wanted!, other!);
}

/** Why the still must come back; "" while the video is one. `age_s`: of its picture; null: none yet. */
export function why(trouble: string, age_s: number | null, waited_s: number): string {
  if (trouble === "hevc" || trouble === "no_mse" || trouble === "signed_out") return trouble;
  if (age_s === null) return waited_s > PATIENCE_S ? "none" : "";
  return age_s > PATIENCE_S ? "old" : "";
}

export interface VideoPart {
  button: HTMLElement;
  told: HTMLElement;
  off: () => void;
}

/** The switch for the video and what is said of it; `begun` hears that it was switched on. */
export function videoPart(editor: Editor, canvas: Canvas, begun: () => void): VideoPart {
  const { t } = editor.words;
  const camera = editor.given.video;
  const told = el("p", { class: "sub", role: "status", hidden: true });
  const age = el("p", { class: "sub", hidden: true });
  const button = el("button", { type: "button", class: "button quiet small", "aria-pressed": "false", "data-key": "video" }, t("video"));
  const clock = new ServerClock();
  clock.learn(editor.given.now * 1000);
  const now = (): number => clock.now() / 1000;
  let player: Player | null = null;

  const off = (): void => {
    player?.end();
    player = null;
    canvas.beneath([]);
    button.setAttribute("aria-pressed", "false");
    told.hidden = age.hidden = true;
  };
  const on = (): void => {
    begun();
    // Times in a browser's video are exact only while they are small.
    const origin = Math.floor(now() / 86_400 - 60) * 86_400;
    const feed = new Feed(camera, streamOf(camera), origin, (server) => clock.learn(server * 1000), now);
    const layers = [feed.video, ...masksOver(camera.masks, feed.video)];
    const since = performance.now();
    player = new Player([{ camera, feed }], now);
    player.onDraw = () => {
      // Until the first picture is there the video stands at a time that means nothing.
      const seen = feed.newest !== null && feed.video.readyState > 1 && !feed.video.seeking;
      const age_s = seen ? Math.max(0, now() - feed.position) : null;
      const fault = why(feed.trouble, age_s, (performance.now() - since) / 1000);
      if (fault) {
        off();
        setText(told, t(`video_${fault}`));
        told.hidden = false;
        void canvas.load(false);
        return;
      }
      if (seen) canvas.beneath(layers);
      setText(age, age_s === null ? t("video_waits") : t("video_age", { age: sayAge(age_s * 1000) }));
      age.hidden = false;
    };
    button.setAttribute("aria-pressed", "true");
    told.hidden = true;
    player.goLive();
  };
  button.addEventListener("click", () => (player ? off() : on()));
  return { button, told: el("div", {}, told, age), off };
}
