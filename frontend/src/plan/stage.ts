// Draws cameras on the plan: a cone for what each sees, and a mark that says how it stands.

import { el, icon, svg } from "../common/dom";
import type { Words } from "../common/words";
import { clamp, cone, keyed, type Where } from "./geometry";

export interface Told {
  id: number;
  severity: "critical" | "high" | "medium" | "low";
  rule_type: string;
  level: string;
  asks: boolean;
}

export interface Camera {
  id: number;
  name: string;
  area: string;
  where: Where | null;
  state: "protecting" | "idle" | "blind" | "off";
  because: string;
  alarms: number;
  alarm: Told | null;
}

export interface Plan {
  id: number;
  width: number;
  height: number;
  cursor: number;
  cameras: Camera[];
}

export interface Acts {
  link(camera: Camera): string;
  placing(): boolean;
  chosen(): number | null;
  choose(id: number): void;
  /** Told while a camera moves, and once with `done` when it may be saved. */
  move(id: number, where: Where, done: boolean): void;
}

/** Say how a camera stands, in words. */
export function standing(camera: Camera, words: Words): string {
  const { t, code } = words;
  const parts: string[] = [];
  if (camera.alarm) {
    const { severity, rule_type, level } = camera.alarm;
    const what = rule_type === "camera_health" ? code("fault", level) : code("rule_type", rule_type);
    const said = `${code("severity", severity)}: ${what}`;
    parts.push(camera.alarms > 1 ? t("more_alarms", { what: said, count: camera.alarms - 1 }) : said);
  }
  if (camera.state === "blind") parts.push(`${t("blind_word")}: ${code("blind", camera.because)}`);
  if (camera.state === "idle" || camera.state === "off") parts.push(t(`${camera.state}_word`));
  if (!parts.length) parts.push(t("protecting_word"));
  return parts.join(" · ");
}

/** Return the classes that colour and shape a camera's mark and cone. */
export function look(camera: Camera): string {
  const alarm = camera.alarm ? ` alarm ${camera.alarm.severity}${camera.alarm.asks ? " asks" : ""}` : "";
  return `${camera.state}${alarm}`;
}

/** Return the icons of a camera: an alarm's shape, a crossed eye when blind, else a camera. */
export function icons(camera: Camera): SVGSVGElement[] {
  const names: string[] = [];
  if (camera.alarm) names.push(camera.alarm.severity);
  if (camera.state === "blind") names.push("eye-off");
  if (!names.length) names.push("camera");
  return names.map(icon);
}

export class Stage {
  private readonly cones = svg("svg", { class: "plan-cones", "aria-hidden": "true" });
  private readonly marks = new Map<number, HTMLElement>();
  private held: number | null = null;

  constructor(
    private readonly place: HTMLElement,
    private readonly words: Words,
    private readonly acts: Acts,
  ) {
    place.append(this.cones);
  }

  /** Whether a camera is under somebody's hand now. */
  get busy(): boolean {
    return this.held !== null;
  }

  /** Draw the plan as it stands; a mark that has the focus keeps it. */
  show(plan: Plan): void {
    this.cones.setAttribute("viewBox", `0 0 ${plan.width} ${plan.height}`);
    const placed = plan.cameras.filter((camera) => camera.where);
    const drawn = placed.map((camera) => {
      const classes = `cone ${look(camera)}${this.acts.chosen() === camera.id ? " chosen" : ""}`;
      return svg("path", { class: classes, d: cone(camera.where as Where, plan.width, plan.height) });
    });
    this.cones.replaceChildren(...drawn);
    for (const [id, mark] of this.marks)
      if (!placed.some((camera) => camera.id === id)) {
        mark.remove();
        this.marks.delete(id);
      }
    for (const camera of placed) this.mark(camera, plan);
  }

  private mark(camera: Camera, plan: Plan): void {
    const placing = this.acts.placing();
    let mark = this.marks.get(camera.id);
    if (!mark || (mark.tagName === "BUTTON") !== placing) {
      mark?.remove();
      mark = placing ? this.handle(camera.id, plan) : el("a", { "data-camera": camera.id });
      this.marks.set(camera.id, mark);
      this.place.append(mark);
    }
    const said = standing(camera, this.words);
    mark.setAttribute("aria-label", `${camera.name}: ${said}`);
    mark.title = `${camera.name}: ${said}`;
    if (!placing) mark.setAttribute("href", this.acts.link(camera));
    const where = camera.where as Where;
    // A name near the right edge stands on the other side of its sign.
    const side = where.x > 0.65 ? " left" : "";
    const chosen = this.acts.chosen() === camera.id ? " chosen" : "";
    mark.className = `plan-mark ${look(camera)}${side}${chosen}`;
    mark.style.left = `${where.x * 100}%`;
    mark.style.top = `${where.y * 100}%`;
    const short = [
      camera.alarm ? this.words.code("severity", camera.alarm.severity) : "",
      camera.state === "protecting" ? "" : this.words.t(`${camera.state}_word`),
    ]
      .filter(Boolean)
      .join(" · ");
    const key = `${look(camera)}|${camera.name}|${short}`;
    if (mark.dataset["shown"] === key) return;
    mark.dataset["shown"] = key;
    const name = el("span", { class: "plan-name" }, camera.name, short ? el("strong", {}, ` ${short}`) : null);
    mark.replaceChildren(el("span", { class: "plan-sign" }, ...icons(camera)), name);
  }

  /** Make a mark that can be dragged, and moved by keys. */
  private handle(id: number, plan: Plan): HTMLElement {
    const now = (): Where => this.find(id);
    this.plan = plan;
    const mark = el("button", { type: "button", "data-camera": id });
    mark.addEventListener("click", () => this.acts.choose(id));
    mark.addEventListener("keydown", (event) => {
      const next = keyed(now(), event.key, event.shiftKey);
      if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.acts.choose(id);
      this.acts.move(id, next, true);
    });
    mark.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      mark.focus();
      mark.setPointerCapture(event.pointerId);
      this.held = id;
      this.acts.choose(id);
    });
    mark.addEventListener("pointermove", (event) => {
      if (this.held !== id) return;
      const box = this.place.getBoundingClientRect();
      const x = clamp((event.clientX - box.left) / box.width, 0, 1);
      const y = clamp((event.clientY - box.top) / box.height, 0, 1);
      this.acts.move(id, { ...now(), x, y }, false);
    });
    const drop = (): void => {
      if (this.held !== id) return;
      this.held = null;
      this.acts.move(id, now(), true);
    };
    mark.addEventListener("pointerup", drop);
    mark.addEventListener("pointercancel", drop);
    return mark;
  }

  private plan: Plan | null = null;

  /** Know the plan that handles look into. */
  know(plan: Plan): void {
    this.plan = plan;
  }

  private find(id: number): Where {
    const found = this.plan?.cameras.find((camera) => camera.id === id)?.where;
    if (!found) throw new Error(`camera ${id} is not on the plan`);
    return found;
  }
}
