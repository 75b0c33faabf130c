// What other systems tell, and the shifts of the mine: lists of small forms.

import { el, icon } from "../common/dom";
import type { Editor } from "./editor";
import { choiceField, daysField, numberField, textField } from "./fields";
import { renamed } from "./rename";
import * as model from "./scene";

const KINDS = ["state", "number", "event"];

export function inputsPanel(editor: Editor): HTMLElement[] {
  const { t } = editor.words;
  const { inputs, shifts } = editor.scene;
  const add = (key: string, click: () => void): HTMLElement => el("div", {}, el("button", { type: "button", class: "button small", "data-key": key, click }, icon("plus"), t(key)));
  return [
    el("p", { class: "sub" }, t("inputs_help")),
    add("add_input", () => addInput(editor)),
    ...inputs.map((input, index) => inputForm(editor, input, index)),
    el("h3", {}, t("shifts")),
    el("p", { class: "sub" }, t("shifts_help")),
    add("add_shift", () => addShift(editor)),
    ...shifts.map((shift, index) => shiftForm(editor, shift, index)),
  ];
}

function addInput(editor: Editor): void {
  const { scene } = editor;
  const id = model.freeName([...scene.inputs, ...scene.machines], "input");
  editor.change({ ...scene, inputs: [...scene.inputs, { id, kind: "state", states: ["CLOSED", "OPEN"], stale_s: 60 }] });
}

function addShift(editor: Editor): void {
  const { scene } = editor;
  editor.change({ ...scene, shifts: [...scene.shifts, { id: model.freeName(scene.shifts, "shift"), from: "06:00", to: "14:00" }] });
}

function inputForm(editor: Editor, input: model.Input, index: number): HTMLElement {
  const { t, code } = editor.words;
  const path = `inputs[${index}]`;
  const set = (change: Record<string, unknown>): void => editor.change(model.withItem(editor.scene, "inputs", index, change));
  const states = (text: string): void => set({ states: text.split(",").map((one) => one.trim()).filter(Boolean) });
  return el(
    "div",
    { class: "card", "data-input": index },
    textField(editor, {
      label: t("input_id"), help: t("input_id_help"), path: `${path}.id`, value: input.id,
      change: (id) => editor.change(renamed(editor.scene, "inputs", index, id, editor.given.hazards)),
    }),
    textField(editor, { label: t("name"), path: `${path}.name`, value: String(input["name"] ?? ""), change: (name) => set({ name: name || undefined }) }),
    choiceField(editor, {
      label: t("input_kind"), path: `${path}.kind`, value: input.kind, choices: KINDS.map((kind) => [kind, code("input_kinds", kind)]),
      change: (kind) => set({ kind, states: kind === "state" ? (editor.scene.inputs[index]?.states ?? ["CLOSED", "OPEN"]) : undefined }),
    }),
    input.kind === "state" &&
      textField(editor, { label: t("input_states"), help: t("input_states_help"), path: `${path}.states`, value: (input.states ?? []).join(", "), change: states }),
    input.kind === "number" &&
      textField(editor, { label: t("input_unit"), path: `${path}.unit`, value: String(input["unit"] ?? ""), change: (unit) => set({ unit: unit || undefined }) }),
    numberField(editor, {
      label: t("stale_input"), help: t("stale_input_help"), path: `${path}.stale_s`, value: input.stale_s, min: 0.1, max: 604_800, step: "any",
      change: (stale_s) => set({ stale_s }),
    }),
    remove(editor, "inputs", index),
  );
}

function shiftForm(editor: Editor, shift: model.Shift, index: number): HTMLElement {
  const { t } = editor.words;
  const path = `shifts[${index}]`;
  const set = (change: Record<string, unknown>): void => editor.change(model.withItem(editor.scene, "shifts", index, change));
  return el(
    "div",
    { class: "card", "data-shift": index },
    textField(editor, {
      label: t("name"), path: `${path}.id`, value: shift.id,
      change: (id) => editor.change(renamed(editor.scene, "shifts", index, id, editor.given.hazards)),
    }),
    textField(editor, { label: t("shift_from"), help: t("shift_help"), path: `${path}.from`, value: shift.from, change: (from) => set({ from }) }),
    textField(editor, { label: t("shift_to"), path: `${path}.to`, value: shift.to, change: (to) => set({ to }) }),
    daysField(editor, `${path}.days`, () => editor.scene.shifts[index]?.days, (days) => set({ days })),
    remove(editor, "shifts", index),
  );
}

function remove(editor: Editor, list: "inputs" | "shifts", index: number): HTMLElement {
  const click = (): void => editor.change(model.without(editor.scene, list, index));
  return el("button", { type: "button", class: "button quiet small", click }, editor.words.t(`remove_${list}`));
}
