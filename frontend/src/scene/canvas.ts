// The picture with its shapes: drag with mouse or finger, or walk by Tab and arrow keys.

import { el, setText, svg } from "../common/dom";
import { say } from "../common/time";
import type { Editor } from "./editor";
import { arrows } from "./arrows";
import { floorParts, read } from "./floor";
import { crossings, nearest, shift, snap, split, within, type Point } from "./geometry";
import type { Ruler } from "./ground";
import { isFixed, isOpen, polygonOf, role, same, withPolygon, type ShapeRef } from "./scene";

const WIDE = 1000;
const STEP = 0.005;
const FAR = 0.03;
// How near, in pixels of the screen, a point snaps to what is drawn.
const REACH = 9;
const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Canvas {
  readonly place: HTMLElement;
  private readonly picture = svg("image", { x: 0, y: 0, width: WIDE, preserveAspectRatio: "none" });
  private readonly shapes = svg("g");
  private readonly handles = svg("g");
  private readonly seen = svg("g");
  private readonly root: SVGSVGElement;
  private readonly note: HTMLElement;
  private readonly under = el("div", { class: "canvas-video" });
  private high = (WIDE * 9) / 16;
  private address = "";
  private drawn = "";
  private drag: { from: Point; moved: boolean; to: (by: Point, free: boolean) => void } | null = null;

  constructor(private readonly editor: Editor) {
    this.root = svg("svg", { role: "group" }, this.picture, this.seen, this.shapes, this.handles);
    this.note = el("p", { class: "sub" });
    this.place = el("div", {}, el("div", { class: "canvas" }, this.under, this.root), this.note);
    this.root.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"] as const)
      this.root.addEventListener(end, () => (this.drag = null));
    this.root.addEventListener("pointerdown", (event) => {
      if (event.target === this.picture || event.target === this.root) this.editor.choose(null);
    });
    new ResizeObserver(() => this.draw(true)).observe(this.root);
    this.reshape();
    editor.watch(() => this.draw());
    editor.watchPoint(() => this.draw());
    this.draw();
    void this.load();
  }

  /** Draw who is seen; gone with the next call. */
  over(found: readonly (readonly [number, number, number, number])[]): void {
    this.seen.replaceChildren(...boxes(found, (point) => this.at(point)));
  }

  /** Put a moving picture beneath the drawing, or nothing: then the still is seen. */
  beneath(parts: (HTMLElement | SVGElement)[]): void {
    const now = [...this.under.children];
    if (parts[0] === now[0] && Boolean(parts.length) === Boolean(now.length)) return;
    this.under.replaceChildren(...parts);
    this.picture.setAttribute("visibility", parts.length ? "hidden" : "visible");
    this.note.hidden = parts.length > 0;
  }

  /** Fetch the newest picture; asks again until there is one. */
  async load(again = true): Promise<void> {
    try {
      const response = await fetch(this.editor.given.urls.frame, { cache: "no-store" });
      if (response.status === 200) {
        await this.show(await response.blob());
        const taken = Number(response.headers.get("X-Picture-Time")) * 1000;
        setText(this.note, this.editor.words.t("frame_of", { time: say(taken, this.editor.given.timezone) }));
        return;
      }
    } catch {
      // said below, tried again
    }
    setText(this.note, this.editor.words.t("no_frame"));
    if (again) window.setTimeout(() => void this.load(), 3000);
  }

  private async show(blob: Blob): Promise<void> {
    const address = URL.createObjectURL(blob);
    const probe = new Image();
    probe.src = address;
    await probe.decode();
    this.picture.setAttribute("href", address);
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = address;
    this.high = (WIDE * probe.naturalHeight) / probe.naturalWidth;
    this.editor.aspect = WIDE / this.high;
    this.reshape();
    this.draw(true);
  }

  private reshape(): void {
    this.root.setAttribute("viewBox", `0 0 ${WIDE} ${this.high}`);
    this.picture.setAttribute("height", String(this.high));
    (this.root.parentElement as HTMLElement).style.aspectRatio = `${WIDE} / ${this.high}`;
  }

  /** Units of the drawing in one pixel of the screen. */
  private get unit(): number {
    return WIDE / (this.root.clientWidth || WIDE);
  }

  private at(point: Point): Point {
    return [point[0] * WIDE, point[1] * this.high];
  }

  private fraction(event: PointerEvent): Point {
    const box = this.root.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  // ---- drawing ------------------------------------------------------------------------------

  draw(force = false): void {
    const { scene, chosen, point, ruler } = this.editor;
    const key = JSON.stringify([scene.zones, scene.machines, scene.gauges, scene.lines, scene.masks, scene.ground, scene.rules, chosen, point, ruler]);
    if (!force && key === this.drawn) return;
    this.drawn = key;
    const focused = document.activeElement?.getAttribute("data-focus") ?? "";
    const refs = this.editor.shapes().filter((ref) => polygonOf(scene, ref).length);
    // The chosen shape is drawn late and lines last, so that they lie on top and can be taken.
    // The floor lies under all of them.
    const height = (ref: ShapeRef): number => (ref.kind === "ground" ? -2 : isOpen(ref) ? 2 : 0) + Number(same(ref, chosen));
    refs.sort((a, b) => height(a) - height(b));
    this.shapes.replaceChildren(...refs.flatMap((ref) => this.shape(ref)));
    this.spread();
    this.handles.replaceChildren(...(chosen ? this.points(chosen) : []), ...(ruler ? this.rulerParts(ruler) : []));
    if (focused) this.root.querySelector<SVGElement>(`[data-focus="${focused}"]`)?.focus();
  }

  /** Move names that would lie on each other apart: zones within zones begin at the same height. */
  private spread(): void {
    const placed: [number, number, number][] = [];
    const line = 16 * this.unit;
    for (const label of this.shapes.querySelectorAll<SVGTextElement>("text.shape-label")) {
      const [left, right] = [Number(label.getAttribute("x")), Number(label.getAttribute("x")) + (label.textContent ?? "").length * line * 0.6];
      let y = Number(label.getAttribute("y"));
      while (placed.some(([from, to, at]) => left < to && right > from && Math.abs(at - y) < line)) y += line;
      label.setAttribute("y", String(y));
      placed.push([left, right, y]);
    }
  }

  private shape(ref: ShapeRef): SVGElement[] {
    const polygon = polygonOf(this.editor.scene, ref);
    const chosen = same(ref, this.editor.chosen);
    const name = this.editor.name(ref);
    const parts: SVGElement[] = [
      svg(isOpen(ref) ? "polyline" : "polygon", {
        class: `shape ${role(this.editor.scene, ref)}${chosen ? " chosen" : ""}`,
        points: polygon.map((point) => this.at(point).join(",")).join(" "),
        tabindex: 0,
        role: "button",
        "aria-pressed": String(chosen),
        "aria-label": this.editor.words.t("shape_label", { shape: name }),
        "data-focus": `${ref.kind}-${ref.index}`,
        pointerdown: (event) => this.take(event as PointerEvent, ref, null),
        keydown: (event) => this.shapeKey(event as KeyboardEvent, ref),
      }),
    ];
    const [x, y] = this.at(polygon.reduce((best, point) => (point[1] < best[1] ? point : best)));
    const size = 14 * this.unit;
    const label = svg("text", { class: "shape-label", x: Math.min(x, WIDE - name.length * size * 0.6), y: Math.max(size, y - 8 * this.unit), "font-size": size }, name);
    if (!isFixed(ref)) parts.push(label); // the floor's corners have their numbers there
    for (const [cx, cy] of (isOpen(ref) ? [] : crossings(polygon)).map((point) => this.at(point)))
      parts.push(svg("circle", { class: "crossing", cx, cy, r: 12 * this.unit }));
    if (ref.kind === "ground" && chosen) parts.push(...floorParts(this.editor, (point) => this.at(point)));
    if (ref.kind === "lines") parts.push(...arrows(this.editor, ref.index, polygon.map((point) => this.at(point)), this.unit));
    return parts;
  }

  private points(ref: ShapeRef): SVGElement[] {
    const polygon = polygonOf(this.editor.scene, ref);
    const sides = isFixed(ref) ? [] : isOpen(ref) ? polygon.slice(0, -1) : polygon; // a line is not closed
    const edges = sides.map((point, index) => {
      const [x1, y1] = this.at(point);
      const [x2, y2] = this.at(polygon[(index + 1) % polygon.length]!);
      return svg("line", { class: "edge", x1, y1, x2, y2, pointerdown: (event) => this.insert(event as PointerEvent, ref, index) });
    });
    const name = this.editor.name(ref);
    const dots = polygon.map((point, index) =>
      this.handle(point, `handle${index === this.editor.point ? " chosen" : ""}`, {
        "aria-label": this.editor.words.t("point_label", { number: index + 1, shape: name, x: percent(point[0]), y: percent(point[1]) }),
        "data-focus": `point-${index}`,
        pointerdown: (event) => this.take(event as PointerEvent, ref, this.nearest(event as PointerEvent, polygon)),
        keydown: (event) => this.pointKey(event as KeyboardEvent, ref, index),
        focus: () => this.editor.point !== index && this.editor.choose(ref, index),
      }, isFixed(ref) ? String(index + 1) : ""),
    );
    return [...edges, ...dots];
  }

  private handle(point: Point, kind: string, about: Parameters<typeof svg>[1], number = ""): SVGElement {
    const [cx, cy] = this.at(point);
    const size = 13 * this.unit;
    return svg(
      "g",
      { class: kind, tabindex: 0, role: "button", ...about },
      svg("circle", { class: "reach", cx, cy, r: 18 * this.unit }),
      svg("circle", { class: "dot", cx, cy, r: 6 * this.unit }),
      number && svg("text", { class: "shape-label", x: cx + size * 0.8, y: cy - size * 0.6, "font-size": size }, number),
    );
  }

  /** A ruler's two ends, to be dragged or walked by arrow keys. */
  private rulerParts(ruler: Ruler): SVGElement[] {
    const move = (end: number, to: Point): void => {
      const ends = ruler.ends.map((old, at) => (at === end ? to : old)) as Ruler["ends"];
      this.editor.ruler = { ...(this.editor.ruler ?? ruler), ends };
      this.editor.tell();
    };
    const [from, to] = ruler.ends.map((end) => this.at(end)) as [Point, Point];
    const line = svg("line", { class: "ruler", x1: from[0], y1: from[1], x2: to[0], y2: to[1] });
    const ends = ruler.ends.map((point, end) =>
      this.handle(point, "handle ruler-end", {
        "aria-label": this.editor.words.t(`ruler_${ruler.way}_${end}`, { x: percent(point[0]), y: percent(point[1]) }),
        "data-focus": `ruler-${end}`,
        pointerdown: (event) => {
          const at = this.nearest(event as PointerEvent, ruler.ends);
          const [x, y] = ruler.ends[at]!;
          this.start(event as PointerEvent, (by) => move(at, within(x + by[0], y + by[1])));
          this.focus(`ruler-${at}`);
        },
        keydown: (event) => {
          const arrow = ARROWS[(event as KeyboardEvent).key];
          if (!arrow) return;
          event.preventDefault();
          const by = (event as KeyboardEvent).shiftKey ? FAR : STEP;
          move(end, within(point[0] + arrow[0] * by, point[1] + arrow[1] * by));
        },
      }),
    );
    const [size, found] = [15 * this.unit, read(this.editor, ruler)];
    const told = svg("text", { class: "shape-label", x: (from[0] + to[0]) / 2 + size * 0.6, y: (from[1] + to[1]) / 2 - size * 0.6, "font-size": size }, found === null ? "?" : `${found.toFixed(2)} m`);
    return [line, told, ...ends];
  }

  // ---- mouse and finger ---------------------------------------------------------------------

  /** The point that is meant: what is pressed may be the reach of a neighbour that lies on top of it. */
  private nearest(event: PointerEvent, points: readonly Point[]): number {
    return nearest(this.fraction(event), points, (point) => this.onScreen(point));
  }

  private onScreen([x, y]: Point): Point {
    return [x * this.root.clientWidth, y * this.root.clientHeight];
  }

  private start(event: PointerEvent, to: NonNullable<typeof this.drag>["to"]): void {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.root.setPointerCapture(event.pointerId);
    this.drag = { from: this.fraction(event), moved: false, to };
  }

  private take(event: PointerEvent, ref: ShapeRef, point: number | null, step = {}): void {
    if (event.button !== 0) return;
    const polygon = polygonOf(this.editor.scene, ref);
    this.start(event, ([dx, dy], free) => {
      const next =
        point === null
          ? shift(polygon, dx, dy)
          : polygon.map((old, index) => (index === point ? this.settled(within(old[0] + dx, old[1] + dy), ref, free) : old));
      this.editor.change(withPolygon(this.editor.scene, ref, next), step);
    });
    this.editor.choose(ref, point);
    this.focus(point === null ? `${ref.kind}-${ref.index}` : `point-${point}`);
  }

  private insert(event: PointerEvent, ref: ShapeRef, index: number): void {
    if (event.button !== 0) return;
    const [x, y] = this.fraction(event);
    const polygon = split(polygonOf(this.editor.scene, ref), index);
    polygon[index + 1] = within(x, y);
    const step = {}; // the point and where it is dragged to are one
    this.editor.change(withPolygon(this.editor.scene, ref, polygon), step);
    this.take(event, ref, index + 1, step);
  }

  private move(event: PointerEvent): void {
    const drag = this.drag;
    if (!drag) return;
    const [x, y] = this.fraction(event);
    const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
    if (!drag.moved && Math.hypot(dx * this.root.clientWidth, dy * this.root.clientHeight) < 2) return;
    drag.moved = true;
    drag.to([dx, dy], event.altKey);
  }

  /** Where a dragged point comes to lie: on what is drawn nearby, unless it is to be free. */
  private settled(point: Point, ref: ShapeRef, free: boolean): Point {
    if (free) return point;
    const others = this.editor.shapes().filter((other) => !same(other, ref));
    const targets = others.map((other) => ({ points: polygonOf(this.editor.scene, other), open: isOpen(other) }));
    return snap(point, targets, (one) => this.onScreen(one), REACH);
  }

  // ---- keyboard -----------------------------------------------------------------------------

  private shapeKey(event: KeyboardEvent, ref: ShapeRef): void {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const by = event.shiftKey ? FAR : STEP;
      const polygon = shift(polygonOf(this.editor.scene, ref), arrow[0] * by, arrow[1] * by);
      this.editor.chosen = ref;
      this.editor.change(withPolygon(this.editor.scene, ref, polygon));
    } else if (event.key === "Enter" || event.key === " ") this.editor.choose(ref);
    else if (event.key === "Delete" || event.key === "Backspace") {
      this.editor.remove(ref, true);
      // The next shape, or the last one; where none is left, the picture's tools.
      const left = [...this.shapes.querySelectorAll<SVGElement>("[data-focus]")];
      const next = left.find((one) => one.getAttribute("data-focus") === `${ref.kind}-${ref.index}`) ?? left.at(-1);
      (next ?? this.place.parentElement?.querySelector<HTMLElement>(".editor-tools button"))?.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
  }

  private pointKey(event: KeyboardEvent, ref: ShapeRef, index: number): void {
    const polygon = polygonOf(this.editor.scene, ref);
    const arrow = ARROWS[event.key];
    if (arrow) {
      const by = event.shiftKey ? FAR : STEP;
      const [x, y] = polygon[index]!;
      const next = polygon.map((point, at) => (at === index ? within(x + arrow[0] * by, y + arrow[1] * by) : point));
      this.editor.change(withPolygon(this.editor.scene, ref, next));
    } else if (isFixed(ref)) return;
    else if (event.key === "Insert" || event.key === "+") {
      this.editor.point = index + 1;
      this.editor.change(withPolygon(this.editor.scene, ref, split(polygon, index)));
      this.focus(`point-${index + 1}`);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (polygon.length > 1) {
        const next = polygon.filter((_point, at) => at !== index);
        this.editor.point = Math.min(index, next.length - 1);
        this.editor.change(withPolygon(this.editor.scene, ref, next));
        this.focus(`point-${this.editor.point}`);
      }
    } else return;
    event.preventDefault();
  }

  private focus(name: string): void {
    this.root.querySelector<SVGElement>(`[data-focus="${name}"]`)?.focus({ preventScroll: true });
  }
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}

/** Boxes over the picture, as drawn on the canvas. */
function boxes(found: readonly (readonly [number, number, number, number])[], at: (point: Point) => Point): SVGElement[] {
  return found.map(([x1, y1, x2, y2]) => {
    const [[left, top], [right, bottom]] = [at([x1, y1]), at([x2, y2])];
    return svg("rect", { class: "seen", x: left, y: top, width: right - left, height: bottom - top });
  });
}
