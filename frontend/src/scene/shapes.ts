// The list of zones and machines, and the form of the chosen one.

import { el, icon } from "../common/dom";
import type { Editor } from "./editor";
import { choiceField, numberField, textField } from "./fields";
import { firstFloor, floorForm } from "./floor";
import { rectangle, split, within, type Point } from "./geometry";
import { called, calledAt, calledOf, renamed } from "./rename";
import * as model from "./scene";

const KINDS = ["winch", "hoist", "conveyor", "haulage", "pump", "scraper", "roadheader", "other"];

export function shapesPanel(editor: Editor): HTMLElement[] {
  const { t } = editor.words;
  const items = editor.shapes().map((ref) => listItem(editor, ref));
  const chosen = editor.chosen;
  return [
    el(
      "div",
      { class: "line" },
      el("button", { type: "button", class: "button small", "data-key": "add-zone", click: () => addZone(editor) }, icon("plus"), t("add_zone")),
      el("button", { type: "button", class: "button small", "data-key": "add-machine", click: () => addMachine(editor) }, icon("plus"), t("add_machine")),
      el("button", { type: "button", class: "button small", "data-key": "add-gauge", click: () => addGauge(editor) }, icon("plus"), t("add_gauge")),
      el("button", { type: "button", class: "button small", "data-key": "add-line", click: () => addLine(editor) }, icon("plus"), t("add_line")),
      el("button", { type: "button", class: "button small", "data-key": "add-mask", click: () => addMask(editor) }, icon("plus"), t("add_mask")),
      !editor.scene.ground && el("button", { type: "button", class: "button small", "data-key": "add-ground", click: () => addGround(editor) }, icon("plus"), t("add_ground")),
    ),
    el("ul", { class: "shape-list" }, ...items),
    ...(chosen && model.thingOf(editor.scene, chosen) ? [FORMS[chosen.kind](editor, chosen)] : []),
  ];
}

const FORMS = { zones: zoneForm, masks: maskForm, machines: machineForm, gauges: gaugeForm, lines: lineForm, ground: groundForm };
const KIND_WORDS = { zones: "zone", masks: "mask", machines: "machine", gauges: "gauge", lines: "line", ground: "ground" };

function listItem(editor: Editor, ref: model.ShapeRef): HTMLElement {
  const { t } = editor.words;
  const polygon = model.polygonOf(editor.scene, ref);
  const fault = editor.faultsAt(ref.kind === "ground" ? "ground" : `${ref.kind}[${ref.index}]`)[0];
  const about = polygon.length ? t("points", { count: polygon.length }) : t("no_region");
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", "aria-pressed": String(model.same(ref, editor.chosen)), "data-key": `shape-${ref.kind}-${ref.index}`, click: () => editor.choose(ref) },
      el("span", { class: `swatch ${model.role(editor.scene, ref)}` }),
      ref.kind === "ground" || ref.kind === "masks" ? editor.name(ref) : calledOf(editor.scene[ref.kind][ref.index]),
      ref.kind !== "ground" && el("span", { class: "sub" }, t(KIND_WORDS[ref.kind]), " · ", about),
    ),
    fault && el("p", { class: "fault" }, fault.text),
  );
}

function addZone(editor: Editor): void {
  const zones = editor.scene.zones;
  const id = model.freeName(zones, zones.length ? "zone" : "danger");
  editor.chosen = { kind: "zones", index: zones.length };
  editor.point = null;
  editor.change({ ...editor.scene, zones: [...zones, { id, polygon: rectangle(0.35, 0.4, 0.65, 0.8) }] });
}

function addMachine(editor: Editor): void {
  const machines = editor.scene.machines;
  const taken = new Set(machines.map((machine) => machine.id));
  const known = editor.given.machines.find((machine) => machine.here && !taken.has(machine.key));
  const id = known?.key ?? model.freeName(machines, "winch-1");
  editor.chosen = { kind: "machines", index: machines.length };
  editor.point = null;
  const machine = { id, kind: known?.kind ?? "winch", source: "video", roi: rectangle(0.4, 0.2, 0.6, 0.4), unknown_is: "running" };
  editor.change({ ...editor.scene, machines: [...machines, machine] });
}

function addGauge(editor: Editor): void {
  const gauges = editor.scene.gauges;
  editor.chosen = { kind: "gauges", index: gauges.length };
  editor.point = null;
  const points: model.Mark[] = [{ xy: [0.5, 0.2], m: 1 }, { xy: [0.5, 0.8], m: 0 }];
  editor.change({ ...editor.scene, gauges: [...gauges, { id: model.freeName(gauges, "sump"), points }] });
}

function addLine(editor: Editor): void {
  const lines = editor.scene.lines;
  editor.chosen = { kind: "lines", index: lines.length };
  editor.point = null;
  const points: Point[] = [[0.3, 0.6], [0.7, 0.6]];
  editor.change({ ...editor.scene, lines: [...lines, { id: model.freeName(lines, "line"), points }] });
}

function addMask(editor: Editor): void {
  const { masks } = editor.scene;
  editor.chosen = { kind: "masks", index: masks.length };
  editor.point = null;
  editor.change({ ...editor.scene, masks: [...masks, { polygon: rectangle(0.05, 0.05, 0.25, 0.2) }] });
}

function addGround(editor: Editor): void {
  editor.chosen = { kind: "ground", index: 0 };
  editor.point = null;
  editor.change({ ...editor.scene, ground: firstFloor() });
}

function groundForm(editor: Editor, ref: model.ShapeRef): HTMLElement {
  return floorForm(editor, ref, pointsTable(editor, ref, "ground.image"), removeButton(editor, ref));
}

function maskForm(editor: Editor, ref: model.ShapeRef): HTMLElement {
  const { t } = editor.words;
  const path = `masks[${ref.index}]`;
  return el(
    "div",
    { class: "card" },
    el("p", { class: "help" }, t("mask_help")),
    textField(editor, {
      label: t("name"), path: `${path}.id`, value: editor.scene.masks[ref.index]!.id ?? "",
      change: (id) => editor.change(model.withItem(editor.scene, "masks", ref.index, { id: id || undefined })),
    }),
    choiceField(editor, {
      label: t("mask_cover"), path: `${path}.cover`, value: editor.scene.masks[ref.index]!["cover"] === false ? "shown" : "covered",
      choices: [["covered", t("mask_covered")], ["shown", t("mask_shown")]],
      change: (chosen) => editor.change(model.withItem(editor.scene, "masks", ref.index, { cover: chosen === "shown" ? false : undefined })),
    }),
    pointsTable(editor, ref, `${path}.polygon`),
    el("p", {}, removeButton(editor, ref)),
  );
}

function lineForm(editor: Editor, ref: model.ShapeRef): HTMLElement {
  const { t } = editor.words;
  const line = editor.scene.lines[ref.index]!;
  const path = `lines[${ref.index}]`;
  const turn = (): void => {
    const now = model.polygonOf(editor.scene, ref);
    editor.change(model.withPolygon(editor.scene, ref, [...now].reverse()));
  };
  return el(
    "div",
    { class: "card" },
    textField(editor, {
      label: t("name"), help: t("line_help"), path: `${path}.${calledAt(line)}`, value: calledOf(line),
      change: (text) => editor.change(called(editor.scene, "lines", ref.index, text, editor.given.hazards)),
    }),
    pointsTable(editor, ref, `${path}.points`),
    el("div", { class: "line" }, el("button", { type: "button", class: "button quiet small", "data-key": "turn-line", click: turn }, t("turn_line")), removeButton(editor, ref)),
  );
}

function gaugeForm(editor: Editor, ref: model.ShapeRef): HTMLElement {
  const { t } = editor.words;
  const gauge = editor.scene.gauges[ref.index]!;
  const path = `gauges[${ref.index}]`;
  return el(
    "div",
    { class: "card" },
    textField(editor, {
      label: t("name"), help: t("gauge_help"), path: `${path}.${calledAt(gauge)}`, value: calledOf(gauge),
      change: (text) => editor.change(called(editor.scene, "gauges", ref.index, text, editor.given.hazards)),
    }),
    gauge.points ? pointsTable(editor, ref, `${path}.points`) : null,
    el("p", {}, removeButton(editor, ref)),
  );
}

function zoneForm(editor: Editor, ref: model.ShapeRef): HTMLElement {
  const { t } = editor.words;
  const zone = editor.scene.zones[ref.index]!;
  const path = `zones[${ref.index}]`;
  return el(
    "div",
    { class: "card" },
    textField(editor, {
      label: t("name"), help: t("name_help"), path: `${path}.${calledAt(zone)}`, value: calledOf(zone),
      change: (text) => editor.change(called(editor.scene, "zones", ref.index, text, editor.given.hazards)),
    }),
    pointsTable(editor, ref, `${path}.polygon`),
    el("p", {}, removeButton(editor, ref)),
  );
}

function machineForm(editor: Editor, ref: model.ShapeRef): HTMLElement {
  const { t, code } = editor.words;
  const machine = editor.scene.machines[ref.index]!;
  const path = `machines[${ref.index}]`;
  const set = (change: Record<string, unknown>): void =>
    editor.change(model.withItem(editor.scene, "machines", ref.index, change));
  const region = machine.roi
    ? el("button", { type: "button", class: "button quiet small", "data-key": "region", click: () => set({ roi: undefined }) }, t("remove_region"))
    : el("button", { type: "button", class: "button small", "data-key": "region", click: () => set({ roi: rectangle(0.4, 0.2, 0.6, 0.4) }) }, t("add_region"));
  return el(
    "div",
    { class: "card" },
    el("datalist", { id: "machine-keys" }, ...editor.given.machines.map((one) => el("option", { value: one.key }, one.name))),
    textField(editor, {
      label: t("machine_key"), help: t("machine_key_help"), path: `${path}.id`, value: machine.id, list: "machine-keys",
      change: (id) => editor.change(renamed(editor.scene, "machines", ref.index, id, editor.given.hazards)),
    }),
    machine["name"]
      ? textField(editor, {
          label: t("name"), path: `${path}.name`, value: calledOf(machine),
          change: (name) => set({ name: name || undefined }),
        })
      : null,
    choiceField(editor, {
      label: t("kind"), path: `${path}.kind`, value: machine.kind ?? "other",
      choices: KINDS.map((kind) => [kind, code("machine_kinds", kind)]), change: (kind) => set({ kind }),
    }),
    choiceField(editor, {
      label: t("source"), path: `${path}.source`, value: machine.source,
      choices: ["video", "signal", "both"].map((source) => [source, code("source_words", source)]),
      change: (source) => set({ source }),
    }),
    machine.source === "video"
      ? null
      : numberField(editor, {
          label: t("stale"), help: t("stale_help"), path: `${path}.stale_s`, value: machine.stale_s,
          min: 0.1, step: "any", change: (stale_s) => set({ stale_s }),
        }),
    pointsTable(editor, ref, `${path}.roi`),
    el("div", { class: "line" }, region, removeButton(editor, ref)),
  );
}

function removeButton(editor: Editor, ref: model.ShapeRef): HTMLElement {
  return el("button", { type: "button", class: "button quiet small", click: () => editor.remove(ref) }, editor.words.t(`remove_${ref.kind}`));
}

function pointsTable(editor: Editor, ref: model.ShapeRef, path: string): HTMLElement {
  const { t } = editor.words;
  const polygon = model.polygonOf(editor.scene, ref);
  const fault = editor.faultsAt(path)[0];
  const set = (next: Point[]): void => editor.change(model.withPolygon(editor.scene, ref, next));
  // Two changes may come before the form is drawn anew: each goes on from what holds then.
  const now = (): Point[] => model.polygonOf(editor.scene, ref);
  const cell = (index: number, axis: 0 | 1): HTMLElement => {
    const input = el("input", {
      type: "number", min: 0, max: 1, step: 0.005, value: polygon[index]![axis],
      "data-key": `point-${index}-${axis}`,
      "aria-label": `${t("point")} ${index + 1} ${axis ? "y" : "x"}`,
    });
    input.addEventListener("change", () => {
      if (!Number.isFinite(input.valueAsNumber)) return;
      const point: Point = [...(now()[index] ?? polygon[index]!)];
      point[axis] = input.valueAsNumber;
      set(now().map((old, at) => (at === index ? within(...point) : old)));
    });
    input.addEventListener("focus", () => {
      editor.markPoint(index);
      for (const row of input.closest("tbody")?.rows ?? []) row.classList.toggle("chosen", row.contains(input));
    });
    return el("td", {}, input);
  };
  const marks = ref.kind === "gauges" ? (editor.scene.gauges[ref.index]?.points ?? []) : [];
  const metres = (index: number): HTMLElement => {
    const input = el("input", {
      type: "number", step: "any", value: marks[index]!.m, "data-key": `metres-${index}`,
      "aria-label": `${t("point")} ${index + 1} ${t("metres")}`,
    });
    input.addEventListener("change", () => {
      if (!Number.isFinite(input.valueAsNumber)) return;
      const points = (editor.scene.gauges[ref.index]?.points ?? []).map((mark, at) => (at === index ? { ...mark, m: input.valueAsNumber } : mark));
      editor.change(model.withItem(editor.scene, "gauges", ref.index, { points }));
    });
    input.addEventListener("focus", () => editor.markPoint(index));
    return el("td", {}, input);
  };
  const rows = polygon.map((_point, index) =>
    el(
      "tr",
      { class: index === editor.point ? "chosen" : "" },
      el("td", {}, String(index + 1)),
      cell(index, 0),
      cell(index, 1),
      marks.length ? metres(index) : null,
      !model.isFixed(ref) && el("td", {}, el("button", { type: "button", class: "button quiet small", "aria-label": t("remove_point", { number: index + 1 }), "data-key": `remove-${index}`, click: () => set(now().filter((_old, at) => at !== index)) }, "×")),
    ),
  );
  const head = el("tr", {}, el("th", { scope: "col" }, t("point")), el("th", { scope: "col" }, "x"), el("th", { scope: "col" }, "y"), marks.length ? el("th", { scope: "col" }, t("metres")) : null, !model.isFixed(ref) && el("td"));
  const last = polygon.length - (model.isOpen(ref) ? 2 : 1);
  return el(
    "div",
    { tabindex: -1, "data-path": path }, // where a fault of the points leads
    fault && el("p", { class: "fault", role: "alert" }, fault.text),
    polygon.length > 0 && el("table", { class: "points" }, el("thead", {}, head), el("tbody", {}, ...rows)),
    polygon.length > 0 && !model.isFixed(ref) && el("p", {}, el("button", { type: "button", class: "button quiet small", "data-key": "add-point", click: () => set(split(now(), Math.min(editor.point ?? last, last))) }, icon("plus"), t("add_point"))),
  );
}
