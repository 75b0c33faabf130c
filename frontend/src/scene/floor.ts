// The floor as it is drawn over the picture and asked for in its form: four points, metres, and a check.

import { el, svg } from "../common/dom";
import type { Editor } from "./editor";
import { numberField } from "./fields";
import type { Point } from "./geometry";
import { Floor, groundFault, measure, rectangleOf, sides, type Ground, type Ruler } from "./ground";
import type { ShapeRef } from "./scene";

// At most so many lines each way; a check that is off by more says that something is wrong.
const LINES = 40;
const OFF = 0.05;

/** A floor to begin with: two metres wide and six long. */
export function firstFloor(): Ground {
  return { image: [[0.3, 0.85], [0.7, 0.85], [0.6, 0.55], [0.4, 0.55]], metres: rectangleOf(2, 6) };
}

/** Lines a metre apart on the floor, and the horizon: whether they fit is seen at once. */
export function floorParts(editor: Editor, at: (point: Point) => Point): SVGElement[] {
  const { ground } = editor.scene;
  const floor = ground && !groundFault(ground) ? Floor.of(ground) : null;
  if (!ground || !floor) return [];
  const line = (kind: string, from: Point, to: Point): SVGElement => {
    const [[x1, y1], [x2, y2]] = [at(from), at(to)];
    return svg("line", { class: kind, x1, y1, x2, y2 });
  };
  const parts: SVGElement[] = [];
  const range = (axis: 0 | 1): [number, number] => {
    const all = ground.metres.map((place) => place[axis]);
    return [Math.min(...all), Math.max(...all)];
  };
  for (const axis of [0, 1] as const) {
    const [[low, high], [start, end]] = [range(axis), range(axis ? 0 : 1)];
    const step = Math.max(1, Math.ceil((high - low) / LINES));
    for (let value = low; value <= high + 1e-6; value += step) {
      const place = (other: number): Point => floor.seen(axis ? [other, value] : [value, other]);
      // Outside of a shape that is no rectangle the floor may go over the horizon: those are left out.
      const ends = [place(start), place(end)] as const;
      if (ends.every((point) => floor.depth(point) > 1e-6)) parts.push(line("floor-line", ...ends));
    }
  }
  const horizon = floor.horizon();
  if (horizon) parts.push(line("horizon", ...horizon));
  return parts;
}

export function floorForm(editor: Editor, _ref: ShapeRef, points: HTMLElement, remove: HTMLElement): HTMLElement {
  const { t } = editor.words;
  const ground = editor.scene.ground!;
  const set = (metres: Point[]): void => editor.change({ ...editor.scene, ground: { ...editor.scene.ground!, metres } });
  const now = (): [number, number] => sides(editor.scene.ground!.metres) ?? [2, 6];
  const two = editor.corners ? null : sides(ground.metres);
  const corner = (on: boolean) => (): void => {
    editor.corners = on;
    if (on) editor.tell();
    else set(rectangleOf(...now()));
  };
  const side = (axis: 0 | 1): HTMLElement =>
    numberField(editor, {
      label: t(axis ? "ground_length" : "ground_width"), path: `ground.side-${axis}`, value: two![axis], min: 0.01, max: 10_000, step: "any",
      change: (metres) => metres !== undefined && metres > 0 && set(axis ? rectangleOf(now()[0], metres) : rectangleOf(metres, now()[1])),
    });
  const fault = editor.faultsAt("ground.metres")[0];
  return el(
    "div",
    { class: "card" },
    el("p", { class: "help" }, t("ground_help")),
    two && el("div", { class: "sides" }, side(0), side(1)),
    fault && el("p", { class: "fault", role: "alert" }, fault.text),
    !two && corners(editor, ground, set),
    points,
    beyond(editor),
    ...check(editor),
    el(
      "div",
      { class: "line" },
      two
        ? el("button", { type: "button", class: "button quiet small", "data-key": "corners", click: corner(true) }, t("ground_corners"))
        : el("button", { type: "button", class: "button quiet small", "data-key": "corners", click: corner(false) }, t("ground_rectangle")),
      remove,
    ),
  );
}

/** The metres of each corner, for four points that are no rectangle. */
function corners(editor: Editor, ground: Ground, set: (metres: Point[]) => void): HTMLElement {
  const { t } = editor.words;
  const cell = (index: number, axis: 0 | 1): HTMLElement => {
    const label = `${t("point")} ${index + 1} ${t("metres")} ${axis ? "y" : "x"}`;
    const input = el("input", { type: "number", step: "any", value: ground.metres[index]![axis], "data-key": `corner-${index}-${axis}`, "aria-label": label });
    input.addEventListener("change", () => {
      if (!Number.isFinite(input.valueAsNumber)) return;
      const point = (old: Point): Point => (axis ? [old[0], input.valueAsNumber] : [input.valueAsNumber, old[1]]);
      set(editor.scene.ground!.metres.map((old, at) => (at === index ? point(old) : old)));
    });
    return el("td", {}, input);
  };
  const head = ["point", "metres_x", "metres_y"].map((key) => el("th", { scope: "col" }, t(key)));
  const rows = ground.metres.map((_corner, index) => el("tr", {}, el("td", {}, String(index + 1)), cell(index, 0), cell(index, 1)));
  return el("table", { class: "points" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}

/** Names the zones that reach over the horizon: nothing up there has a place on the floor. */
function beyond(editor: Editor): HTMLElement | null {
  const { ground, zones } = editor.scene;
  const floor = ground && !groundFault(ground) ? Floor.of(ground) : null;
  if (!floor) return null;
  const over = zones.filter((zone) => zone.polygon.some((point) => floor.depth(point) <= 1e-6)).map((zone) => zone.id);
  return over.length ? el("p", { class: "notice" }, editor.words.t("ground_beyond", { zones: over.join(", ") })) : null;
}

function check(editor: Editor): HTMLElement[] {
  const { t } = editor.words;
  const { ruler } = editor;
  const begin = (way: Ruler["way"], ends: Ruler["ends"]) => (): void => {
    editor.ruler = { way, ends };
    editor.tell();
  };
  const button = (way: Ruler["way"], ends: Ruler["ends"]): HTMLElement =>
    el("button", { type: "button", class: "button small", "aria-pressed": String(ruler?.way === way), "data-key": `ruler-${way}`, click: begin(way, ends) }, t(`ruler_${way}`));
  return [
    el("h3", {}, t("check")),
    el("p", { class: "help" }, t("check_help")),
    el("div", { class: "line" }, button("floor", [[0.4, 0.8], [0.6, 0.8]]), button("height", [[0.5, 0.75], [0.5, 0.5]])),
    ...(ruler ? [reading(editor, ruler)] : []),
  ];
}

function reading(editor: Editor, ruler: Ruler): HTMLElement {
  const { t } = editor.words;
  const found = read(editor, ruler);
  const said = found === null ? t(ruler.way === "floor" ? "check_no_place" : "check_no_height") : t("check_reads", { metres: found.toFixed(2) });
  return el(
    "div",
    { class: "ruler-reading" },
    el("p", { role: "status" }, said),
    numberField(editor, {
      label: t(`check_real_${ruler.way}`), path: "ruler.real", value: ruler.real_m, min: 0.01, max: 10_000, step: "any",
      change: (real_m) => {
        editor.ruler = { ...(editor.ruler ?? ruler), real_m };
        editor.tell();
      },
    }),
    found !== null && ruler.real_m ? verdict(editor, found / ruler.real_m - 1) : null,
  );
}

/** What the ruler reads on the floor as it is drawn now, in metres; null where it cannot be told. */
export function read(editor: Editor, ruler: Ruler): number | null {
  const { ground } = editor.scene;
  const floor = ground && !groundFault(ground) ? Floor.of(ground) : null;
  const found = floor && measure(floor, ruler, editor.aspect);
  return found !== null && found > 0 ? found : null;
}

function verdict(editor: Editor, off: number): HTMLElement {
  const good = Math.abs(off) <= OFF;
  const key = good ? "check_good" : off > 0 ? "check_long" : "check_short";
  return el("p", { class: good ? "notice good" : "fault", role: "status" }, editor.words.t(key, { percent: `${Math.abs(off * 100).toFixed(1)} %` }));
}
