// The counter of the lesser alarms that fold in a flood; nothing is hidden without it.

import { el } from "../common/dom";
import type { Words } from "../common/words";
import type { Alarm } from "./state";

export class Folded {
  private key = "";

  constructor(
    private readonly place: HTMLElement,
    private readonly words: Words,
    private readonly onTurn: () => void,
  ) {}

  /** Say how many are folded, or were and stand in the queue now. */
  show(alarms: Alarm[], unfolded: boolean): void {
    this.place.hidden = !alarms.length;
    const { t, code } = this.words;
    const parts = (["medium", "low"] as const)
      .map((severity) => ({ severity, count: alarms.filter((alarm) => alarm.severity === severity).length }))
      .filter((part) => part.count)
      .map((part) => t("folded_part", { count: part.count, severity: code("severity", part.severity) }));
    const key = `${unfolded}|${parts.join()}`;
    if (this.key === key) return;
    this.key = key;
    const button = el("button", { type: "button", class: "button quiet small", "aria-expanded": String(unfolded) }, t(unfolded ? "fold" : "unfold"));
    button.addEventListener("click", () => {
      this.onTurn();
      this.place.querySelector("button")?.focus();
    });
    const said = t(unfolded ? "unfolded" : "folded", { count: alarms.length, parts: parts.join(", ") });
    this.place.replaceChildren(el("span", {}, said), button);
  }
}
