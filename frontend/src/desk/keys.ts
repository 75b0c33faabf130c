// The desk's keys: one letter each. Off, for whoever dictates, wipes the keys or lets something lie on them.

import { asking } from "../common/dialog";
import { setText } from "../common/dom";
import type { Words } from "../common/words";

const KEY = "davy.keys";

export interface KeyVerbs {
  /** Choose the next alarm (1) or the one before (-1). */
  step: (by: 1 | -1) => void;
  /** Do what a letter stands for; false where it stands for nothing now. */
  press: (key: string) => boolean;
  play: () => void;
}

export class Keys {
  private on = localStorage.getItem(KEY) !== "off";

  constructor(
    private readonly verbs: KeyVerbs,
    private readonly button: HTMLButtonElement,
    private readonly t: Words["t"],
  ) {
    document.addEventListener("keydown", (event) => this.hear(event));
    button.addEventListener("click", () => {
      this.on = !this.on;
      localStorage.setItem(KEY, this.on ? "on" : "off");
      this.show();
    });
    this.show();
  }

  private show(): void {
    this.button.hidden = false;
    document.body.dataset["keys"] = this.on ? "on" : "off";
    this.button.setAttribute("aria-pressed", String(this.on));
    setText(this.button, this.t(this.on ? "keys_on" : "keys_off"));
  }

  private hear(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (asking()) return;
    // A question that was just closed may have the focus for a moment longer: its fields take no keys.
    if (target.closest("input, textarea, select, video") && !target.closest("dialog")) return;
    const inQueue = target.closest("#queue") !== null;
    const key = event.key.toLowerCase();
    // The arrows belong to the row that has the focus, and are no letters.
    const step = inQueue && key === "arrowdown" ? 1 : inQueue && key === "arrowup" ? -1 : 0;
    if (step) this.verbs.step(step);
    else if (!this.on) return;
    else if (key === "j" || key === "k") this.verbs.step(key === "j" ? 1 : -1);
    else if (key === "p") this.verbs.play();
    else if (event.repeat || !this.verbs.press(key)) return;
    event.preventDefault();
  }
}
