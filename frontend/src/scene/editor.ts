// What the parts of the editor share: the document, what is chosen, what is wrong.

import type { Words } from "../common/words";
import type { SceneData } from "./given";
import type { Ruler } from "./ground";
import { History } from "./history";
import { calledOf } from "./rename";
import * as model from "./scene";

/** What was answered so far; it outlives the drawing of the form. */
export interface Draft {
  template: string;
  answers: Record<string, string | number>;
  names: Record<string, string>;
}

export class Editor {
  readonly history: History<model.Scene>;
  saved: model.Scene;
  chosen: model.ShapeRef | null = null;
  point: number | null = null;
  /** What is measured on the floor; no part of the document. */
  ruler: Ruler | null = null;
  /** Whether the floor's corners are asked for one by one. */
  corners = false;
  /** The picture's width by its height. */
  aspect = 16 / 9;
  draft: Draft = { template: "", answers: {}, names: {} };
  /** Shapes, as text, that templates put in since the last save. */
  readonly placed = new Set<string>();
  /** Faults that only the server found; they go with the next change. */
  refused: model.Fault[] = [];
  private readonly listeners: (() => void)[] = [];
  private readonly pointListeners: (() => void)[] = [];

  constructor(
    readonly given: SceneData,
    readonly words: Words,
  ) {
    this.saved = model.whole(given.document);
    this.history = new History(this.saved);
    if (this.saved.zones.length) this.chosen = { kind: "zones", index: 0 };
  }

  get scene(): model.Scene {
    return this.history.value;
  }

  get dirty(): boolean {
    return JSON.stringify(this.scene) !== JSON.stringify(this.saved);
  }

  get faults(): model.Fault[] {
    const found = model.faults(this.scene, this.given.hazards, (key) => this.words.t(key));
    // What is said here already is not said again in the server's words.
    const same = (one: model.Fault): boolean => found.some((fault) => fault.path === one.path);
    return [...found, ...this.refused.filter((one) => !same(one))];
  }

  /** The faults at a path or below it. */
  faultsAt(path: string): model.Fault[] {
    return this.faults.filter((fault) => fault.path === path || fault.path.startsWith(`${path}.`) || fault.path.startsWith(`${path}[`));
  }

  /** The fault of a path itself. */
  faultAt(path: string): model.Fault | undefined {
    return this.faults.find((fault) => fault.path === path);
  }

  watch(listener: () => void): void {
    this.listeners.push(listener);
  }

  tell(): void {
    for (const listener of this.listeners) listener();
  }

  change(scene: model.Scene, whole: object | null = null): void {
    this.refused = [];
    // A field that tells what holds already is no step that could be undone.
    if (JSON.stringify(scene) !== JSON.stringify(this.scene)) this.history.set(scene, whole);
    this.tell();
  }

  choose(ref: model.ShapeRef | null, point: number | null = null): void {
    if (ref?.kind !== "ground") this.ruler = null;
    this.chosen = ref;
    this.point = point;
    this.tell();
  }

  /** Point at a point without drawing the forms anew: its number is being typed. */
  markPoint(index: number): void {
    if (this.point === index) return;
    this.point = index;
    for (const listener of this.pointListeners) listener();
  }

  watchPoint(listener: () => void): void {
    this.pointListeners.push(listener);
  }

  /** Take a shape away; of a machine what is drawn of it alone, where that is what is meant. */
  remove(ref: model.ShapeRef, drawn = false): void {
    this.chosen = null;
    this.point = null;
    this.ruler = null;
    const { ground: _gone, ...rest } = this.scene;
    if (ref.kind === "ground") this.change(rest as model.Scene);
    else if (drawn && ref.kind === "machines") this.change(model.withItem(this.scene, "machines", ref.index, { roi: undefined }));
    else this.change(model.without(this.scene, ref.kind, ref.index));
  }

  undo(): void {
    const before = this.scene;
    this.history.undo();
    this.settle(before);
  }

  redo(): void {
    const before = this.scene;
    this.history.redo();
    this.settle(before);
  }

  private settle(before: model.Scene): void {
    this.refused = [];
    this.chosen = model.returned(before, this.scene) ?? this.chosen;
    if (this.chosen && !model.thingOf(this.scene, this.chosen)) this.chosen = null;
    this.point = null;
    this.tell();
  }

  name(ref: model.ShapeRef): string {
    const id = calledOf(model.thingOf(this.scene, ref));
    if (ref.kind === "zones") return id;
    if (ref.kind === "ground") return this.words.t("ground");
    if (ref.kind === "masks") return id || this.words.t("mask_numbered", { number: ref.index + 1 });
    return this.words.t({ gauges: "gauge_line", lines: "line_named", machines: "machine_region" }[ref.kind], { id });
  }

  shapes(): model.ShapeRef[] {
    const zones = this.scene.zones.map((_zone, index) => ({ kind: "zones" as const, index }));
    const regions = this.scene.machines.map((_machine, index) => ({ kind: "machines" as const, index }));
    const gauges = this.scene.gauges.map((_gauge, index) => ({ kind: "gauges" as const, index }));
    const lines = this.scene.lines.map((_line, index) => ({ kind: "lines" as const, index }));
    const masks = this.scene.masks.map((_mask, index) => ({ kind: "masks" as const, index }));
    const ground = this.scene.ground ? [{ kind: "ground" as const, index: 0 }] : [];
    return [...ground, ...zones, ...regions, ...gauges, ...lines, ...masks];
  }
}
