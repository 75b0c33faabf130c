// The check of the sound at the beginning of a shift: a desk that nobody can hear must be known.

import { el, icon } from "../common/dom";
import type { Words } from "../common/words";
import type { Sound } from "./sound";

export const HEARD = "davy.heard"; // forgotten by the log-in page (page/main.ts)

/** Show the check until somebody has heard the alarm's tones in this session. */
export function hearing(place: HTMLElement, sound: Sound, words: Words): void {
  if (sessionStorage.getItem(HEARD)) return;
  const { t } = words;
  const text = el("span", { role: "status" }, t("hear_ask"));
  const button = (key: string, name: string, run: () => void, kind = ""): HTMLButtonElement =>
    el("button", { type: "button", class: `button small ${kind}`, click: run }, icon(name), t(key));
  const heard = button("hear_yes", "check", () => {
    sessionStorage.setItem(HEARD, "1");
    place.hidden = true;
  });
  const silent = button("hear_no", "mute", () => {
    text.textContent = t("hear_fault");
    place.classList.add("bad");
  });
  heard.hidden = silent.hidden = true;
  const play = button(
    "hear_play",
    "sound",
    () => {
      void sound.check();
      heard.hidden = silent.hidden = false; // at once: a sound that never starts is to be told as well
    },
    "primary",
  );
  place.replaceChildren(text, play, heard, silent);
  place.hidden = false;
}
