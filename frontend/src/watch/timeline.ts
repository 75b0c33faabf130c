// The timeline: one row a camera with what is recorded, where something moved, the gaps and their
// causes, and the alarms; a click goes there, a pointer over it shows a small picture of the moment.

import { el, icon, setText, svg } from "../common/dom";
import { json } from "../common/http";
import { sayClock, sayFull, sayMinute, say } from "../common/time";
import type { Words } from "../common/words";
import type { AlarmFound, CameraGiven, Found, GapFound } from "./config";
import { marks, place, windowAt, type Span } from "./spans";

const REFRESH_MS = 10_000;
const WAIT_MS = 90; // a pointer that only passes asks for no picture
const KEPT = 80;
const ORDER = ["critical", "high", "medium", "low"];

interface Row {
  camera: CameraGiven;
  place: HTMLElement;
  drawing: SVGSVGElement;
  marks: HTMLElement;
  found: Found | null;
}

export interface TimelineOptions {
  now: () => number;
  offset: (at: number) => number;
  onSeek: (at: number) => void;
  onFound: () => void;
  cause: (gap: GapFound) => string;
  stream: (camera: CameraGiven) => string;
}

export class Timeline {
  length = 86_400;
  window: Span;
  readonly rows: Row[];
  /** Whether the window goes along with the shown moment. */
  private follows = true;
  private position: number;
  /** Whether somebody has just moved the shown moment by a row's keys, and waits to hear where it is. */
  private moved = false;
  private readonly axis = el("div", { class: "watch-axis", "aria-hidden": "true" });
  private readonly cursor = el("div", { class: "watch-cursor", hidden: true });
  private readonly tip: HTMLElement;
  private readonly image = el("img", { alt: "", hidden: true });
  private readonly none = el("span", { class: "sub" });
  private readonly when = el("strong");
  private readonly pictures = new Map<string, string>();
  private asked = 0;
  private timer = 0;
  /** The moment whose picture is wanted: an answer for another one comes too late. */
  private wanted = "";
  // Where a pointer rests: what it shows changes with what is found.
  private pointer: { row: Row; event: PointerEvent } | null = null;

  constructor(
    private readonly host: HTMLElement,
    cameras: CameraGiven[],
    private readonly words: Words,
    private readonly options: TimelineOptions,
  ) {
    this.position = options.now();
    this.window = windowAt(this.position, this.length, this.position);
    this.tip = el("div", { class: "watch-tip", hidden: true, "aria-hidden": "true" }, this.image, this.none, this.when);
    this.rows = cameras.map((camera) => this.makeRow(camera));
    host.replaceChildren(this.axis, ...this.rows.map((row) => row.place), this.cursor, this.tip);
    window.setInterval(() => document.hidden || void this.load(), REFRESH_MS);
  }

  /** Ask again for what the window holds. */
  async load(): Promise<void> {
    this.asked += 1;
    const turn = this.asked;
    await Promise.all(
      this.rows.map(async (row) => {
        const asked = new URLSearchParams({
          since: String(this.window[0]),
          until: String(Math.min(this.window[1], this.options.now())),
          stream: this.options.stream(row.camera),
        });
        try {
          const found = await json<Found>(`${row.camera.urls.timeline}?${asked}`);
          if (turn === this.asked) row.found = found;
        } catch {
          // What was drawn stays; the pictures themselves say that the server is away.
        }
      }),
    );
    if (turn !== this.asked) return;
    this.draw();
    if (this.pointer) this.hover(this.pointer.row, this.pointer.event);
    this.options.onFound();
  }

  zoom(length: number): void {
    this.length = length;
    this.follows = true;
    this.look(this.position);
  }

  pan(share: number): void {
    this.follows = false;
    const by = share * this.length * 0.75;
    this.window = windowAt((this.window[0] + this.window[1]) / 2 + by, this.length, this.options.now());
    this.draw();
    void this.load();
  }

  look(at: number): void {
    this.window = windowAt(at, this.length, this.options.now());
    this.draw();
    void this.load();
  }

  /** Move the line of the shown moment. */
  show(at: number): void {
    this.position = at;
    const inside = at >= this.window[0] && at <= this.window[1];
    if (!inside && this.follows) this.look(at);
    const share = (at - this.window[0]) / (this.window[1] - this.window[0]);
    this.cursor.hidden = share < 0 || share > 1;
    this.cursor.style.left = `${share * 100}%`;
    for (const row of this.rows) {
      // It goes on by itself every second: whoever stands on the row would hear each of them.
      if (row.place === document.activeElement && !this.moved) continue;
      row.place.setAttribute("aria-valuenow", String(Math.round(at)));
      row.place.setAttribute("aria-valuetext", sayFull(at * 1000, row.camera.timezone));
    }
    this.moved = false;
  }

  /** Go to a moment that somebody chose: the window stays where it is if it holds it. */
  jump(at: number): void {
    this.follows = true;
    if (at < this.window[0] || at > this.window[1]) this.look(at);
  }

  private makeRow(camera: CameraGiven): Row {
    const drawing = svg("svg", { viewBox: "0 0 1000 40", preserveAspectRatio: "none", "aria-hidden": "true" });
    const marksPlace = el("div", { class: "watch-marks" });
    const name = el("span", { class: "watch-row-name" }, camera.name);
    const place = el(
      "div",
      { class: "watch-row", role: "slider", tabindex: 0, "aria-label": this.words.t("timeline", { camera: camera.name }), "aria-orientation": "horizontal" },
      drawing,
      marksPlace,
      name,
    );
    const row: Row = { camera, place, drawing, marks: marksPlace, found: null };
    place.addEventListener("click", (event) => this.options.onSeek(this.at(event)));
    place.addEventListener("pointermove", (event) => this.hover(row, event));
    place.addEventListener("pointerleave", () => this.leave());
    place.addEventListener("keydown", (event) => this.press(event));
    return row;
  }

  private at(event: MouseEvent): number {
    const box = this.host.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.min(this.options.now(), this.window[0] + share * (this.window[1] - this.window[0]));
  }

  private press(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.moved = true;
    this.options.onSeek(this.position + (step * this.length) / 200);
  }

  private leave(): void {
    window.clearTimeout(this.timer);
    this.wanted = "";
    this.pointer = null;
    this.tip.hidden = true;
  }

  private hover(row: Row, event: PointerEvent): void {
    this.pointer = { row, event };
    const at = this.at(event);
    const box = this.host.getBoundingClientRect();
    const half = Math.min(90, box.width / 2);
    this.tip.hidden = false;
    this.tip.style.left = `${Math.min(box.width - half, Math.max(half, event.clientX - box.left))}px`;
    setText(this.when, say(at * 1000, row.camera.timezone, this.options.now() * 1000));
    const gap = row.found?.gaps.find((one) => at >= one.since && at < one.until);
    const kept = row.found?.recorded_from;
    const old = kept !== null && kept !== undefined && at < kept;
    window.clearTimeout(this.timer);
    this.wanted = "";
    if (gap || old) {
      this.picture("", gap ? this.options.cause(gap) : this.words.t("not_kept"));
      return;
    }
    // Pictures of neighbouring pixels are one: a 400th of the window, at least a second.
    const grid = Math.max(1, Math.round(this.length / 400));
    const key = `${row.camera.id}:${Math.round(at / grid) * grid}`;
    this.wanted = key;
    const known = this.pictures.get(key);
    if (known !== undefined) this.picture(known, this.words.t("preview_none"));
    else this.timer = window.setTimeout(() => void this.ask(row, key), WAIT_MS);
  }

  private async ask(row: Row, key: string): Promise<void> {
    const response = await fetch(`${row.camera.urls.preview}?at=${key.split(":")[1]}`, { credentials: "same-origin" }).catch(() => null);
    if (!response?.ok) return;
    const address = response.status === 200 ? URL.createObjectURL(await response.blob()) : "";
    // A moment without a picture may get one: its chunk is entered a little later.
    if (address) this.pictures.set(key, address);
    for (const [old, url] of this.pictures) {
      if (this.pictures.size <= KEPT) break;
      if (url) URL.revokeObjectURL(url);
      this.pictures.delete(old);
    }
    if (this.wanted === key) this.picture(address, this.words.t("preview_none"));
  }

  private picture(address: string, otherwise: string): void {
    this.image.hidden = !address;
    if (address) this.image.src = address;
    setText(this.none, address ? "" : otherwise);
  }

  private draw(): void {
    const zone = this.rows[0]!.camera.timezone;
    this.axis.replaceChildren(
      ...marks(this.window, this.options.offset).map((at) => {
        const label = el("span", {}, this.length > 1200 ? sayMinute(at * 1000, zone) : sayClock(at * 1000, zone));
        label.style.left = `${((at - this.window[0]) / this.length) * 100}%`;
        return label;
      }),
    );
    for (const row of this.rows) if (row.found) this.drawRow(row, row.found);
    this.show(this.position);
  }

  private drawRow(row: Row, found: Found): void {
    row.place.setAttribute("aria-valuemin", String(Math.round(this.window[0])));
    row.place.setAttribute("aria-valuemax", String(Math.round(this.window[1])));
    const parts: SVGElement[] = [];
    const rect = (span: Span, name: string, y: number, height: number, least = 1.2): SVGElement | null => {
      const where = place(span, this.window);
      if (!where) return null;
      const shape = svg("rect", { class: name, x: where.left * 1000, y, width: Math.max(least, where.width * 1000), height });
      parts.push(shape);
      return shape;
    };
    if (found.recorded_from !== null && found.recorded_from > this.window[0]) rect([this.window[0], found.recorded_from], "old", 14, 26);
    for (const span of found.recorded) rect(span, "recorded", 14, 26);
    for (const gap of found.gaps) rect([gap.since, gap.until], "gap", 14, 26, 2);
    for (const span of found.motion) rect(span, "motion", 28, 12);
    for (const alarm of found.alarms) rect([alarm.since, alarm.until], `alarm ${alarm.severity}`, 9, 4, 2);
    row.drawing.replaceChildren(...parts);
    row.marks.replaceChildren(...this.signs(row, found.alarms));
  }

  /** Signs of alarms; of those too near to each other the most severe stands. */
  private signs(row: Row, alarms: AlarmFound[]): HTMLElement[] {
    const taken: number[] = [];
    const nodes: HTMLElement[] = [];
    const ranked = [...alarms].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
    for (const alarm of ranked) {
      const where = place([alarm.since, alarm.since], this.window);
      if (!where || taken.some((other) => Math.abs(other - where.left) < 0.014)) continue;
      taken.push(where.left);
      const { t, code } = this.words;
      const label = t("alarm_at", { severity: code("severity", alarm.severity), title: alarm.title, time: say(alarm.since * 1000, row.camera.timezone) });
      const sign = el("span", { class: `watch-sign severity ${alarm.severity}`, title: label }, icon(alarm.severity));
      sign.style.left = `${where.left * 100}%`;
      sign.addEventListener("click", (event) => {
        event.stopPropagation();
        this.options.onSeek(alarm.since - 3);
      });
      nodes.push(sign);
    }
    return nodes;
  }
}
