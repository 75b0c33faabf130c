// What asks nobody now, always in sight: shelved, suppressed by a permit, out of service, and what
// waits for a second person.

import { arrange, el, setOff, setText } from "../common/dom";
import { json } from "../common/http";
import { say, sayRunning } from "../common/time";
import { at, type Tools } from "./config";
import type { Silence } from "./state";

export interface ShelfOptions {
  mayEnd: (silence: Silence) => boolean;
  me: string;
  onSilence: (silence: Silence) => void;
}

interface Row {
  item: HTMLLIElement;
  until: HTMLElement;
  silence: Silence;
  key: string;
}

export class Shelf {
  private rows = new Map<number, Row>();

  constructor(
    private readonly heading: HTMLElement,
    private readonly list: HTMLElement,
    private readonly tools: Tools,
    private readonly options: ShelfOptions,
  ) {}

  show(silences: Silence[]): void {
    const { t } = this.tools.words;
    this.heading.tabIndex = -1;
    setText(this.heading, silences.length ? `${t("shelf")} · ${silences.length}` : t("shelf_empty"));
    this.list.hidden = !silences.length;
    const before = this.rows;
    this.rows = new Map(
      silences.map((silence) => {
        const key = JSON.stringify(silence);
        const known = before.get(silence.id);
        return [silence.id, known?.key === key ? known : this.make(silence, key)];
      }),
    );
    const items = [...this.rows.values()].map((row) => row.item);
    const held = [...this.list.children].findIndex((item) => item.contains(document.activeElement));
    arrange(this.list, items);
    // Whose button is gone goes on from the row that stands there now, or from the heading.
    if (held >= 0 && !this.list.contains(document.activeElement))
      ((items[held] ?? items.at(-1))?.querySelector("button") ?? this.heading).focus({ preventScroll: true });
    this.tick(this.tools.clock.now());
  }

  /** Move the times on. */
  tick(now: number): void {
    for (const row of this.rows.values()) setText(row.until, this.until(row.silence, now));
  }

  private until(silence: Silence, now: number): string {
    const { t } = this.tools.words;
    if (silence.since === null) return t("shelf_waits");
    if (silence.until === null) return t("shelf_permit", { permit: silence.reason });
    const time = say(silence.until, silence.timezone, now);
    const left = Date.parse(silence.until) - now;
    return left > 0 ? t("shelf_until", { time, left: sayRunning(left) }) : t("shelf_overdue", { time });
  }

  private make(silence: Silence, key: string): Row {
    const { t, code } = this.tools.words;
    const until = el("span", { class: "shelf-until" });
    const who = { name: silence.asked_by ?? "", second: silence.agreed_by ?? "", reason: silence.reason };
    const by = silence.until === null ? "" : t(silence.agreed_by ? "shelf_by_two" : "shelf_by", who);
    const fault = silence.rule.split(".")[1] ?? "";
    const known = silence.rule_type ? code("rule_type", silence.rule_type) : silence.rule;
    const what = silence.rule_type === "camera_health" ? code("fault", fault) : known;
    const item = el(
      "li",
      { class: `shelf-item ${silence.kind}${silence.since === null ? " waits" : ""}`, "data-silence": silence.id },
      el("strong", {}, what),
      el("span", { class: "sub" }, `${this.tools.where(silence)} · ${silence.camera_name}`),
      el("span", { class: "sub" }, el("em", {}, code("state", silence.kind)), " · ", until),
      by && el("span", { class: "sub" }, by),
      this.buttons(silence, what),
    );
    return { item, until, silence, key };
  }

  private buttons(silence: Silence, what: string): HTMLElement | null {
    if (silence.kind === "suppressed" || !this.options.mayEnd(silence)) return null;
    const { t } = this.tools.words;
    const { urls } = this.tools;
    const fault = el("span", { class: "actions-fault", role: "alert" });
    const waits = silence.since === null;
    const verbs: [string, string][] = [[t(waits ? "refuse" : "end"), urls.end_silence]];
    if (waits && silence.asked_by !== this.options.me) verbs.unshift([t("agree"), urls.agree]);
    const buttons = verbs.map(([verb, url]) => {
      const button = el("button", {
        type: "button", class: "button quiet small",
        "aria-label": t("about", { verb, what, place: this.tools.where(silence) }),
      }, verb);
      button.addEventListener("click", () => {
        if (button.ariaDisabled === "true") return;
        setOff(button, true);
        json<Silence>(at(url, silence.id), "POST", {})
          .then((changed) => this.options.onSilence(changed))
          .catch((error: unknown) => {
            setOff(button, false);
            setText(fault, t("not_sent", { reason: error instanceof Error ? error.message : String(error) }));
          });
      });
      return button;
    });
    return el("span", { class: "shelf-verbs" }, ...buttons, fault);
  }
}
