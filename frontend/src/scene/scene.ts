// The scene document as the editor handles it: plain values, changed by making new ones.
// Keys that the editor has no form for pass through untouched.

import { area, crossings, type Point } from "./geometry";
import { groundFault, type Ground } from "./ground";

export interface Zone {
  id: string;
  polygon: Point[];
  [other: string]: unknown;
}

/** A part of the picture that nobody looks at; it may have no name. */
export interface Mask {
  id?: string;
  polygon: Point[];
  [other: string]: unknown;
}

export interface Machine {
  id: string;
  kind?: string;
  source: string;
  roi?: Point[];
  stale_s?: number;
  [other: string]: unknown;
}

export interface Mark {
  xy: Point;
  m: number;
}

/** A water gauge: points along it, and the metres at each. */
export interface Gauge {
  id: string;
  points?: Mark[];
  [other: string]: unknown;
}

/** A line that people cross; its left is on the left hand of who walks along it. */
export interface Line {
  id: string;
  points: Point[];
  [other: string]: unknown;
}

/** What another system tells: one of some states, a number, or that something happened. */
export interface Input {
  id: string;
  kind: string;
  states?: string[];
  stale_s?: number;
  [other: string]: unknown;
}

/** A named time of day on some days of the week. */
export interface Shift {
  id: string;
  from: string;
  to: string;
  days?: string[];
  [other: string]: unknown;
}

export interface Rule {
  id: string;
  type: string;
  zone?: string;
  machine?: string;
  severity?: string;
  params?: Record<string, unknown>;
  [other: string]: unknown;
}

export interface Scene {
  version: number;
  zones: Zone[];
  masks: Mask[];
  ground?: Ground | null;
  machines: Machine[];
  gauges: Gauge[];
  lines: Line[];
  inputs: Input[];
  shifts: Shift[];
  rules: Rule[];
  [other: string]: unknown;
}

export interface Param {
  name: string;
  label: string;
  kind: string;
  default: unknown;
  choices?: Record<string, string>;
  unit: string;
  min?: number;
  max?: number;
  help: string;
  required?: boolean;
}

export interface Hazard {
  type: string;
  label: string;
  severity: string;
  /** What a new rule does, and why it is not armed, where it is not. */
  mode: string;
  note: string;
  needs_zone: boolean;
  needs_machine: boolean;
  /** What the operator does where the rule says nothing; of the last M frames N; the least that must be seen. */
  action?: string;
  confirm?: number[];
  min_visibility?: number;
  params: Param[];
}

/** The lists of a scene that the editor changes. */
export const LISTS = ["zones", "masks", "machines", "gauges", "lines", "inputs", "shifts", "rules"] as const;
export type List = (typeof LISTS)[number];

/** A scene with every list, also those that the document leaves out. */
export function whole(document: Partial<Scene>): Scene {
  const lists = Object.fromEntries(LISTS.map((list) => [list, document[list] ?? []]));
  // The document may give a mask as its polygon alone.
  const masks = (lists["masks"] as (Mask | Point[])[]).map((mask) => (Array.isArray(mask) ? { polygon: mask } : mask));
  return { version: 1, ...document, ...lists, masks } as Scene;
}

/** A shape on the picture: a zone's or a mask's polygon, a machine's region, a gauge's line, a line to cross, the floor. */
export interface ShapeRef {
  kind: "zones" | "masks" | "machines" | "gauges" | "lines" | "ground";
  index: number;
}

/** Where a shape lies in the picture now that was drawn elsewhere: its camera was knocked. */
export interface Lies extends ShapeRef {
  points: Point[];
}

/** Whether a shape is a line with two ends, and no polygon. */
export function isOpen(ref: ShapeRef): boolean {
  return ref.kind === "gauges" || ref.kind === "lines";
}

/** Whether a shape has so many points and no others: the floor has its four. */
export function isFixed(ref: ShapeRef): boolean {
  return ref.kind === "ground";
}

/** What a shape belongs to; undefined where it is gone. */
export function thingOf(scene: Scene, ref: ShapeRef): { id?: string } | undefined {
  if (ref.kind === "ground") return scene.ground ? { id: "" } : undefined;
  return scene[ref.kind][ref.index];
}

export interface Fault {
  path: string;
  text: string;
}

export function same(a: ShapeRef | null, b: ShapeRef | null): boolean {
  return a?.kind === b?.kind && a?.index === b?.index;
}

export function polygonOf(scene: Scene, ref: ShapeRef): Point[] {
  if (ref.kind === "gauges") return (scene.gauges[ref.index]?.points ?? []).map((mark) => mark.xy);
  if (ref.kind === "lines") return scene.lines[ref.index]?.points ?? [];
  if (ref.kind === "ground") return scene.ground?.image ?? [];
  if (ref.kind === "masks") return scene.masks[ref.index]?.polygon ?? [];
  return (ref.kind === "zones" ? scene.zones[ref.index]?.polygon : scene.machines[ref.index]?.roi) ?? [];
}

export function withPolygon(scene: Scene, ref: ShapeRef, polygon: Point[]): Scene {
  if (ref.kind === "gauges") return withItem(scene, "gauges", ref.index, { points: marked(scene.gauges[ref.index]?.points ?? [], polygon) });
  if (ref.kind === "ground") return scene.ground && polygon.length === 4 ? { ...scene, ground: { ...scene.ground, image: polygon } } : scene;
  const key = { zones: "polygon", masks: "polygon", machines: "roi", lines: "points" }[ref.kind];
  return withItem(scene, ref.kind, ref.index, { [key]: polygon });
}

/** Give new places the metres of the old ones; a point that came between gets the metres between. */
function marked(old: Mark[], places: Point[]): Mark[] {
  if (places.length === old.length) return places.map((xy, index) => ({ ...old[index]!, xy }));
  const known = (xy: Point): number | undefined => old.find((mark) => mark.xy[0] === xy[0] && mark.xy[1] === xy[1])?.m;
  return places.map((xy, index) => {
    const [before, after] = [places[index - 1], places[index + 1]];
    const ends = [before && known(before), after && known(after)].filter((m) => m !== undefined);
    const between = ends.reduce((sum, m) => sum + m, 0) / Math.max(1, ends.length);
    return { xy, m: known(xy) ?? Number(between.toFixed(3)) };
  });
}

/** Change some keys of one item; a key that is set to undefined goes away. */
export function withItem(
  scene: Scene,
  list: List,
  index: number,
  change: Record<string, unknown>,
): Scene {
  const items = (scene[list] as Record<string, unknown>[]).map((item, at) =>
    at === index ? clean({ ...item, ...change }) : item,
  );
  return { ...scene, [list]: items };
}

function clean(item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}

/** What was drawn anew or came back between two documents; null where nothing did. */
export function returned(before: Scene, after: Scene): ShapeRef | null {
  if (!before.ground && after.ground) return { kind: "ground", index: 0 };
  const kind = (["zones", "machines", "gauges", "lines", "masks"] as const).find((one) => after[one].length > before[one].length);
  if (!kind) return null;
  const was: unknown[] = before[kind];
  return { kind, index: after[kind].findIndex((thing, at) => JSON.stringify(thing) !== JSON.stringify(was[at])) };
}

export function without(scene: Scene, list: List, index: number): Scene {
  return { ...scene, [list]: (scene[list] as unknown[]).filter((_item, at) => at !== index) };
}

/** A name that nothing in the list has yet. */
export function freeName(items: { id: string }[], stem: string): string {
  const taken = new Set(items.map((item) => item.id));
  if (!taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

/** What a shape is for, by the rules that name it: it decides the colour. */
export function role(scene: Scene, ref: ShapeRef): "danger" | "warning" | "stand" | "machine" | "gauge" | "line" | "zone" | "mask" | "ground" {
  if (ref.kind === "ground") return "ground";
  if (ref.kind === "masks") return "mask";
  if (ref.kind === "gauges") return "gauge";
  if (ref.kind === "lines") return "line";
  if (ref.kind === "machines") return "machine";
  const id = scene.zones[ref.index]?.id;
  if (scene.rules.some((rule) => rule.zone === id)) return "danger";
  if (scene.rules.some((rule) => rule.params?.["warning_zone"] === id)) return "warning";
  if (scene.rules.some((rule) => rule.params?.["stand_zone"] === id)) return "stand";
  return "zone";
}

export type Say = (key: string) => string;

function polygonFault(polygon: Point[], say: Say): string {
  if (polygon.length < 3) return say("fault_points");
  if (crossings(polygon).length) return say("fault_cross");
  return area(polygon) <= 1e-7 ? say("fault_area") : "";
}

function gaugeFault(marks: Mark[], say: Say): string {
  if (marks.length < 2) return say("fault_gauge_points");
  const rises = marks[marks.length - 1]!.m > marks[0]!.m;
  const inOrder = marks.every((mark, index) => index === 0 || (mark.m !== marks[index - 1]!.m && mark.m > marks[index - 1]!.m === rises));
  return inOrder ? "" : say("fault_metres");
}

/** What cannot be put in force, with the paths that the server would name. */
export function faults(scene: Scene, hazards: Hazard[], say: Say): Fault[] {
  const found: Fault[] = [];
  const add = (path: string, text: string): void => void (text && found.push({ path, text }));
  const names = (items: { id: string }[], list: string): void =>
    items.forEach((item, index) => {
      if (!item.id.trim()) add(`${list}[${index}].id`, say("fault_name"));
      else if (items.findIndex((other) => other.id === item.id) < index) add(`${list}[${index}].id`, say("fault_twice"));
    });
  names(scene.zones, "zones");
  names(scene.machines, "machines");
  names(scene.gauges, "gauges");
  names(scene.lines, "lines");
  names(scene.inputs, "inputs");
  names(scene.shifts, "shifts");
  names(scene.rules, "rules");
  scene.lines.forEach((line, index) => add(`lines[${index}].points`, line.points.length < 2 ? say("fault_gauge_points") : ""));
  scene.inputs.forEach((input, index) => {
    if (scene.machines.some((machine) => machine.id === input.id)) add(`inputs[${index}].id`, say("fault_machine_name"));
    if (input.kind === "state" && (input.states ?? []).length < 2) add(`inputs[${index}].states`, say("fault_states"));
  });
  scene.shifts.forEach((shift, index) => {
    if (!shift.from || !shift.to || shift.from === shift.to) add(`shifts[${index}].to`, say("fault_times"));
    if (shift.days && !shift.days.length) add(`shifts[${index}].days`, say("fault_days"));
  });
  scene.gauges.forEach((gauge, index) => gauge.points && add(`gauges[${index}].points`, gaugeFault(gauge.points, say)));
  scene.zones.forEach((zone, index) => add(`zones[${index}].polygon`, polygonFault(zone.polygon, say)));
  scene.masks.forEach((mask, index) => add(`masks[${index}].polygon`, polygonFault(mask.polygon, say)));
  const floor = scene.ground ? groundFault(scene.ground) : null;
  if (floor) add(`ground.${floor.part}`, say(floor.key));
  scene.machines.forEach((machine, index) => {
    if (machine.roi) add(`machines[${index}].roi`, polygonFault(machine.roi, say));
    else if (machine.source !== "signal") add(`machines[${index}].roi`, say("fault_region"));
  });
  const zones = new Set(scene.zones.map((zone) => zone.id));
  const machines = new Set(scene.machines.map((machine) => machine.id));
  scene.rules.forEach((rule, index) => {
    const hazard = hazards.find((one) => one.type === rule.type);
    const named = (key: "zone" | "machine", known: Set<string>, needed: boolean): void => {
      const value = rule[key];
      if (!value) add(`rules[${index}].${key}`, needed ? say("fault_needed") : "");
      else if (!known.has(value)) add(`rules[${index}].${key}`, say(`fault_${key}`));
    };
    named("zone", zones, hazard?.needs_zone ?? false);
    named("machine", machines, hazard?.needs_machine ?? false);
    for (const param of hazard?.params ?? []) {
      const value = rule.params?.[param.name];
      if (param.kind === "zone" && typeof value === "string" && !zones.has(value))
        add(`rules[${index}].params.${param.name}`, say("fault_zone"));
    }
  });
  return found;
}
