// The queue on the left: what needs an answer, worst first. While the pointer rests on it nothing
// changes its place: new alarms wait at the end, gone ones stay until the pointer has left.

import { arrange, el, icon, setAttribute, setOff, setText } from "../common/dom";
import { sayRunning } from "../common/time";
import { at, type Tools } from "./config";
import { neighbour, standing, title, unanswered, urgent, type Alarm } from "./state";

interface Row {
  item: HTMLLIElement;
  button: HTMLButtonElement;
  symbol: SVGUseElement;
  title: HTMLElement;
  severity: HTMLElement;
  place: HTMLElement;
  why: HTMLElement;
  time: HTMLElement;
  rest: HTMLElement;
  thumb: HTMLImageElement;
  alarm: Alarm;
  gone: boolean;
}

const HOLD_MS = 4000;
const GLIDE_MS = 150;

export class Queue {
  private readonly rows = new Map<number, Row>();
  private order: number[] = [];
  private wanted: Alarm[] = [];
  private holdUntil = 0;
  /** Something urgent came that the list, wherever it was scrolled to, must show. */
  private rise = false;
  private readonly note: HTMLLIElement;

  constructor(
    private readonly list: HTMLOListElement,
    private readonly title: HTMLElement,
    private readonly tools: Tools,
    private readonly onSelect: (id: number) => void,
  ) {
    title.tabIndex = -1; // the focus goes there when no row is left
    this.note = el("li", { class: "queue-held" }, tools.words.t("held"));
    const hold = (): void => {
      this.holdUntil = performance.now() + HOLD_MS;
    };
    list.addEventListener("pointermove", hold);
    list.addEventListener("pointerdown", hold);
    list.addEventListener("pointerleave", () => {
      this.holdUntil = 0;
      this.arrange();
    });
  }

  /** Show these alarms, in this order as soon as nothing under a pointer would move. */
  show(alarms: Alarm[], selected: number | null, folded = 0): void {
    this.wanted = alarms;
    for (const alarm of alarms) {
      const before = this.rows.get(alarm.id)?.alarm;
      if (before === alarm) continue;
      if (urgent(alarm) && !(before && urgent(before))) this.rise = true;
      this.put(alarm);
    }
    const open = new Set(alarms.map((alarm) => alarm.id));
    for (const row of this.rows.values()) {
      const gone = !open.has(row.alarm.id);
      if (row.gone !== gone) {
        row.gone = gone;
        setOff(row.button, gone);
        row.button.classList.toggle("closed", gone);
      }
      setAttribute(row.button, "aria-current", String(row.alarm.id === selected));
    }
    const shown = alarms.filter(unanswered).length;
    const count = shown + folded;
    const over = alarms.filter((alarm) => alarm.state === "latched").length;
    const rest = alarms.length - shown - over;
    const t = this.tools.words.t;
    const parts = [t("to_answer", { count })];
    if (rest) parts.push(t("answered_count", { count: rest }));
    if (over) parts.push(t("reset_count", { count: over }));
    setText(this.title, parts.join(" · "));
    this.arrange();
  }

  /** Move the running times on; also lets the order go when the pointer rests too long. */
  tick(now: number): void {
    for (const row of this.rows.values()) {
      const end = row.alarm.cleared_at ? Date.parse(row.alarm.cleared_at) : now;
      setText(row.time, sayRunning(end - Date.parse(row.alarm.raised_at)));
    }
    if (this.note.isConnected) this.arrange();
  }

  /** The alarm before or after another, as shown; `done`: whether the other one was answered meanwhile. */
  neighbour(id: number | null, step: 1 | -1, done: boolean): number | null {
    const shown = this.order.map((one) => this.rows.get(one)!).filter((row) => !row.gone);
    return neighbour(shown.map((row) => row.alarm), id, step, done);
  }

  focus(id: number): void {
    const row = this.rows.get(id);
    row?.button.focus({ preventScroll: true });
    row?.item.scrollIntoView({ block: "nearest" });
  }

  private put(alarm: Alarm): void {
    const row = this.rows.get(alarm.id) ?? this.make(alarm);
    row.alarm = alarm;
    const { t, code } = this.tools.words;
    setAttribute(row.button, "class", `item ${alarm.severity}${unanswered(alarm) ? "" : " answered"}${row.gone ? " closed" : ""}`);
    setAttribute(row.symbol, "href", `#i-${alarm.severity}`);
    const taken = alarm.picture.at ?? "";
    if (taken && row.thumb.dataset["at"] !== taken) {
      row.thumb.dataset["at"] = taken;
      row.thumb.hidden = false;
      row.thumb.src = `${at(this.tools.urls.snapshot, alarm.id)}?at=${encodeURIComponent(taken)}`;
    }
    setText(row.title, title(alarm, code));
    setText(row.severity, code("severity", alarm.severity));
    setText(row.place, `${this.tools.where(alarm)} · ${alarm.camera_name}`);
    setText(row.why, alarm.why);
    const rest = [standing(alarm, code)];
    if (alarm.count > 1) rest.push(t("times", { count: alarm.count }));
    if (alarm.assigned_to) rest.push(alarm.assigned_to);
    setText(row.rest, ` · ${rest.join(" · ")}`);
  }

  private make(alarm: Alarm): Row {
    const symbol = icon(alarm.severity);
    const title = el("span", { class: "item-title" });
    const severity = el("span", { class: "item-severity" });
    const place = el("span", { class: "item-place" });
    const why = el("span", { class: "item-why" });
    const time = el("span", { class: "item-time" });
    const thumb = el("img", { class: "item-thumb", alt: "", loading: "lazy", hidden: true });
    const rest = el("span");
    const button = el(
      "button",
      { type: "button", class: "item", click: () => row.gone || this.onSelect(alarm.id) },
      symbol, title, thumb, place, why,
      el("span", { class: "item-why" }, time, " · ", severity, rest),
    );
    const row: Row = {
      item: el("li", { "data-alarm": alarm.id }, button),
      button, title, severity, place, why, time, rest, thumb, alarm,
      symbol: symbol.firstElementChild as SVGUseElement,
      gone: false,
    };
    this.rows.set(alarm.id, row);
    return row;
  }

  private arrange(): void {
    const ranked = this.wanted.map((alarm) => alarm.id);
    const held = performance.now() < this.holdUntil;
    if (held) {
      const known = new Set(this.order);
      this.order = [...this.order, ...ranked.filter((id) => !known.has(id))];
    } else {
      this.order = ranked;
      for (const [id, row] of this.rows) if (row.gone) this.rows.delete(id);
    }
    const next: HTMLElement[] = this.order.map((id) => this.rows.get(id)!.item);
    if (this.order.some((id, index) => id !== ranked[index])) next.push(this.note);
    const focused = document.activeElement;
    const place = [...this.list.children].findIndex((item) => item.contains(focused));
    glide(this.list, () => arrange(this.list, next));
    if (this.rise && !held) {
      this.rise = false;
      this.list.scrollTop = 0; // what is urgent and unanswered stands first
    }
    if (place < 0 || this.list.contains(document.activeElement)) return;
    // Whose row is gone goes on from the one that stands there now, or from the heading.
    const again = focused instanceof HTMLElement && this.list.contains(focused) ? focused : (next[place] ?? next.at(-1))?.querySelector("button");
    (again ?? this.title).focus({ preventScroll: true });
  }
}

/** Change a list's order so that whoever looks at a row sees where it goes; nothing jumps. */
function glide(list: HTMLElement, change: () => void): void {
  const seen = inSight(list);
  change();
  if (document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const [row, before] of seen) {
    if (!row.isConnected) continue;
    const by = before - row.getBoundingClientRect().top;
    if (by) row.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: GLIDE_MS, easing: "ease-out" });
  }
}

/** The rows that are on the screen, and where. */
function inSight(list: HTMLElement): Map<HTMLElement, number> {
  const { top, bottom } = list.getBoundingClientRect();
  const found = new Map<HTMLElement, number>();
  for (const row of list.children as HTMLCollectionOf<HTMLElement>) {
    const place = row.getBoundingClientRect();
    if (place.top > bottom) break;
    if (place.bottom >= top) found.set(row, place.top);
  }
  return found;
}
