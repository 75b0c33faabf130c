// Tries a draft rule on what the camera recorded, and tells what it would have raised.

import { el, setOff, setText } from "../common/dom";
import { json, Refused } from "../common/http";
import { ClockField } from "../common/moments";
import { say, ServerClock, units } from "../common/time";
import type { Editor } from "./editor";

export interface Replay {
  id: string;
  rule: string;
  since: string;
  until: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  progress: number;
  error: string;
  span_s: number;
  seconds: number;
  not_recorded_s: number;
  unreadable_s: number;
  blind_s: number;
  took_s: number;
  count: number;
  alarms: { number: number; at: string; what: string; severity: string; why: string; clip: string | null; clip_error: string }[];
}

type Span = "hour" | "day" | "own";
const SPAN_S = { hour: 3600, day: 24 * 3600 };
const POLL_MS = 1500;

/** Return the ends of a span as the API takes them; "" for one that is not given. */
export function ends(span: Span, from: string, to: string, now: Date): [string, string] {
  if (span === "own") return [from, to];
  return [new Date(now.getTime() - 1000 * SPAN_S[span]).toISOString(), now.toISOString()];
}

/** Say a length as an operator would: 45 s, 12 min, 3.5 h. */
export function length(seconds: number): string {
  const [s, min, h] = units();
  if (seconds < 90) return `${Math.round(seconds)}${s}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}${min}`;
  return `${(seconds / 3600).toFixed(1)}${h}`;
}

/** What of a span was not seen, each with its words; nothing where all of it was. */
export function missed(replay: Replay, t: (key: string, values: Record<string, string>) => string): string[] {
  const found: string[] = [];
  const add = (key: string, seconds: number): void => {
    if (seconds >= 1) found.push(t(key, { length: length(seconds), span: length(replay.span_s) }));
  };
  add("replay_holes", replay.not_recorded_s);
  add("replay_unread", replay.unreadable_s);
  add("replay_blind", replay.blind_s);
  return found;
}

export function isOpen(replay: Replay): boolean {
  return replay.state === "waiting" || replay.state === "running";
}

/** The replays of this camera: the newest of each rule, and the box of each that outlives the form. */
export class Replays {
  private readonly newest = new Map<string, Replay>();
  private readonly boxes = new Map<string, Box>();
  private readonly clock = new ServerClock();

  constructor(private readonly editor: Editor) {
    this.clock.learn(editor.given.now * 1000);
    void this.load();
  }

  /** The present, as the server that recorded says it: the reader's clock may be an hour beside it. */
  now(): Date {
    return new Date(this.clock.now());
  }

  /** The part of a rule's form. */
  box(rule: string): HTMLElement {
    let box = this.boxes.get(rule);
    if (!box) {
      box = new Box(this.editor, this, rule);
      this.boxes.set(rule, box);
      box.show(this.newest.get(rule));
    }
    return box.place;
  }

  take(replay: Replay): void {
    this.newest.set(replay.rule, replay);
    this.boxes.get(replay.rule)?.show(replay);
    if (isOpen(replay)) window.setTimeout(() => void this.follow(replay), POLL_MS);
  }

  private async load(): Promise<void> {
    const { camera, urls: { replays } } = this.editor.given;
    const found = await json<{ results: Replay[] }>(`${replays}?camera=${camera}&page_size=50`).catch(() => null);
    const seen = new Set<string>();
    for (const replay of found?.results ?? []) {
      if (seen.has(replay.rule)) continue;
      seen.add(replay.rule);
      this.take(replay);
    }
  }

  private async follow(replay: Replay): Promise<void> {
    if (this.newest.get(replay.rule)?.id !== replay.id) return;
    const now = await json<Replay>(`${this.editor.given.urls.replays}${replay.id}/`).catch(() => replay);
    this.take(now);
  }
}

class Box {
  readonly place: HTMLElement;
  private readonly span = el("select", {});
  private readonly from: ClockField;
  private readonly to: ClockField;
  private readonly own: HTMLElement;
  private readonly run: HTMLButtonElement;
  private readonly outcome = el("div", { role: "status" });
  private shown = "";

  constructor(
    private readonly editor: Editor,
    private readonly replays: Replays,
    private readonly rule: string,
  ) {
    const { t } = editor.words;
    const id = `replay-${rule}`;
    for (const span of ["hour", "day", "own"] as const) this.span.append(el("option", { value: span }, t(`replay_${span}`)));
    this.span.id = `${id}-span`;
    // A form that is drawn anew gives the focus back by these.
    const [from, to] = [el("input", { type: "datetime-local", step: 1 }), el("input", { type: "datetime-local", step: 1 })];
    for (const [name, field] of Object.entries({ span: this.span, from, to })) field.dataset["key"] = `${id}-${name}`;
    this.own = el(
      "div",
      { class: "line", hidden: true },
      el("label", {}, t("replay_from"), " ", from),
      el("label", {}, t("replay_to"), " ", to),
      el("span", { class: "sub" }, editor.given.timezone),
    );
    [this.from, this.to] = [from, to].map((field) => new ClockField(field, editor.given.timezone, t("replay_which"))) as [ClockField, ClockField];
    this.span.addEventListener("change", () => (this.own.hidden = this.span.value !== "own"));
    this.run = el("button", { type: "button", class: "button small", "data-key": `${id}-run`, click: () => void this.start() }, t("replay_run"));
    this.place = el(
      "details",
      { class: "replay", "data-more": id },
      el("summary", {}, t("replay")),
      el("p", { class: "sub" }, t("replay_help")),
      el("div", { class: "field" }, el("label", { for: this.span.id }, t("replay_span")), this.span),
      this.own,
      this.run,
      this.outcome,
    );
  }

  private async start(): Promise<void> {
    if (this.run.ariaDisabled === "true") return;
    const { t } = this.editor.words;
    const [since, until] = ends(this.span.value as Span, this.from.iso, this.to.iso, this.replays.now());
    if (!since || !until) {
      this.fault(t("replay_no_span"));
      return;
    }
    setOff(this.run, true);
    try {
      const { camera, urls: { replays } } = this.editor.given;
      const body = { camera, document: this.editor.scene, rule: this.rule, since, until };
      this.replays.take(await json<Replay>(replays, "POST", body));
    } catch (error) {
      const path = error instanceof Refused ? error.field : "";
      const reason = error instanceof Error ? error.message : String(error);
      setOff(this.run, false);
      this.fault(t("replay_refused", { reason: path ? `${path}: ${reason}` : reason }));
      // A fault in the draft stands beside what it is about as well.
      if (error instanceof Refused && /^(zones|masks|machines|gauges|lines|inputs|shifts|rules)\[|^ground/.test(path)) {
        this.editor.refused = error.all.map(({ field, message }) => ({ path: field, text: message }));
        this.editor.tell();
      }
    }
  }

  private fault(text: string): void {
    this.shown = "";
    this.outcome.replaceChildren(el("p", { class: "fault" }, text));
  }

  show(replay: Replay | undefined): void {
    if (!replay) return;
    setOff(this.run, isOpen(replay));
    if (isOpen(replay)) (this.place as HTMLDetailsElement).open = true;
    // Drawn anew only when it tells something new: a clip may be playing in it.
    const key = JSON.stringify([replay.id, replay.state, replay.count, isOpen(replay) && replay.progress]);
    if (key === this.shown) return;
    this.shown = key;
    const held = this.outcome.contains(document.activeElement);
    this.outcome.replaceChildren(...(isOpen(replay) ? this.running(replay) : this.ended(replay)));
    // Its progress is drawn anew beneath whoever is about to cancel it.
    if (held) (this.outcome.querySelector("button") ?? this.run).focus({ preventScroll: true });
  }

  private running(replay: Replay): HTMLElement[] {
    const { t } = this.editor.words;
    const cancel = el("button", { type: "button", class: "button quiet small", "data-key": `replay-${this.rule}-cancel`, click: () => void this.cancel(replay, cancel) }, t("replay_cancel"));
    const percent = `${Math.round(replay.progress * 100)} %`;
    return [
      el("p", {}, t(replay.state === "waiting" ? "replay_waiting" : "replay_running", { percent, count: replay.count })),
      el("div", { class: "line" }, el("progress", { value: replay.progress, max: 1, "aria-label": percent }), cancel),
    ];
  }

  private async cancel(replay: Replay, button: HTMLButtonElement): Promise<void> {
    if (button.ariaDisabled === "true") return;
    setOff(button, true);
    try {
      this.replays.take(await json<Replay>(`${this.editor.given.urls.replays}${replay.id}/cancel/`, "POST"));
    } catch (error) {
      setOff(button, false);
      setText(button, error instanceof Error ? error.message : String(error));
    }
  }

  private ended(replay: Replay): HTMLElement[] {
    const { t } = this.editor.words;
    const parts: HTMLElement[] = [];
    const span = t("replay_of", { from: say(replay.since, this.editor.given.timezone), to: say(replay.until, this.editor.given.timezone) });
    if (replay.state === "failed") parts.push(el("p", { class: "fault" }, t("replay_failed", { reason: replay.error })));
    if (replay.state === "cancelled") parts.push(el("p", { class: "sub" }, t("replay_cancelled", { percent: `${Math.round(replay.progress * 100)} %` })));
    if (replay.seconds === 0) return [...parts, el("p", { class: "notice bad" }, t("replay_nothing"), " ", span)];
    const found = t(replay.count === 1 ? "replay_found_one" : "replay_found", { count: replay.count });
    parts.push(el("p", { class: replay.count ? "notice" : "notice good" }, found, " ", el("span", { class: "sub" }, span)));
    const gaps = missed(replay, t);
    if (gaps.length) parts.push(el("p", { class: "fault" }, `${gaps.join(", ")}.`));
    const seen = t("replay_seen", { seen: length(replay.seconds), took: length(replay.took_s) });
    parts.push(el("p", { class: "sub" }, seen));
    const left = replay.count - replay.alarms.length;
    if (replay.alarms.length) parts.push(el("ol", { class: "replay-alarms" }, ...replay.alarms.map((alarm) => this.alarm(alarm))));
    if (left > 0) parts.push(el("p", { class: "sub" }, t("replay_more", { count: left })));
    return parts;
  }

  private alarm(alarm: Replay["alarms"][number]): HTMLElement {
    const { t } = this.editor.words;
    const item = el("li", {}, el("b", {}, say(alarm.at, this.editor.given.timezone)), " ", this.editor.given.severities[alarm.severity] ?? alarm.severity, ": ", alarm.why, " ");
    const { clip } = alarm;
    if (clip === null) {
      item.append(el("span", { class: "sub" }, t("replay_no_clip", { reason: alarm.clip_error })));
      return item;
    }
    const play = el("button", { type: "button", class: "button quiet small", "aria-label": t("replay_play_of", { time: say(alarm.at, this.editor.given.timezone) }) }, t("replay_play"));
    play.addEventListener("click", () => {
      const video = el("video", { controls: true, autoplay: true, playsinline: true, src: clip, "aria-label": t("replay_play_of", { time: say(alarm.at, this.editor.given.timezone) }) });
      play.replaceWith(video);
      video.focus();
    });
    item.append(play);
    return item;
  }
}
