// Lists of a rule as rows: several things of the scene, pairs of numbers, the steps of a procedure.
// Two changes may come before a form is drawn anew: each goes on from what holds then (`now`).

import { el, icon } from "../common/dom";
import type { Editor } from "./editor";
import { choiceField, numberField, textField } from "./fields";

export interface About {
  label: string;
  help: string;
  path: string;
  /** Whether faults below the path have fields of their own. */
  own?: boolean;
}

/** One thing that a step needs; which keys it has says what it is about. */
export interface Need {
  zone?: string;
  machine?: string;
  input?: string;
  at_least?: number;
  at_most?: number;
  running?: boolean;
  is?: string[];
}

export interface Step {
  id: string;
  name?: string;
  actor?: string;
  needs: Need | Need[];
  hold_s?: number;
  min_gap_s?: number;
  max_gap_s?: number;
  [other: string]: unknown;
}

const TIMES = ["hold_s", "wait_s", "min_gap_s", "max_gap_s"];

export function frame(editor: Editor, about: About, ...parts: (HTMLElement | false | null | undefined)[]): HTMLElement {
  const fault = about.own ? editor.faultAt(about.path) : editor.faultsAt(about.path)[0];
  return el(
    "fieldset",
    { class: fault ? "rows wrong" : "rows" },
    el("legend", {}, about.label),
    about.help && el("p", { class: "help" }, about.help),
    fault && el("p", { class: "fault", role: "alert" }, fault.text),
    ...parts,
  );
}

/** Several things of the scene, each with a box to tick. */
export function severalField(editor: Editor, about: About & { now: () => string[]; items: string[]; say?: (item: string) => string; change: (value: string[]) => void }): HTMLElement {
  const value = about.now();
  const names = [...new Set([...about.items, ...value])];
  const boxes = names.map((name) => {
    const box = el("input", { type: "checkbox", checked: value.includes(name), "data-key": `${about.path}-${name}` });
    box.addEventListener("change", () => about.change(names.filter((one) => (one === name ? box.checked : about.now().includes(one)))));
    return el("label", { class: "check" }, box, " ", about.say?.(name) ?? name);
  });
  return frame(editor, about, ...(boxes.length ? boxes : [el("span", { class: "sub" }, editor.words.t("none"))]));
}

type Pair = [number, number];

/** Pairs of numbers, such as level and volume, the first of each rising. */
export function tableField(editor: Editor, about: About & { now: () => Pair[]; change: (value: Pair[] | undefined) => void }): HTMLElement {
  const { t } = editor.words;
  const value = about.now();
  const cell = (row: number, column: 0 | 1): HTMLElement => {
    const input = el("input", {
      type: "number", step: "any", value: value[row]![column], "data-key": `${about.path}-${row}-${column}`,
      "aria-label": t("table_cell", { label: about.label, row: row + 1, column: column + 1 }),
    });
    input.addEventListener("change", () => {
      if (!Number.isFinite(input.valueAsNumber)) return;
      about.change(about.now().map((pair, at): Pair => (at !== row ? pair : column ? [pair[0], input.valueAsNumber] : [input.valueAsNumber, pair[1]])));
    });
    return el("td", {}, input);
  };
  const removed = (row: number): Pair[] | undefined => (about.now().length > 2 ? about.now().filter((_pair, at) => at !== row) : undefined);
  const rows = value.map((_pair, row) =>
    el("tr", {}, cell(row, 0), cell(row, 1), el("td", {}, small(`${about.path}-remove-${row}`, "×", () => about.change(removed(row)), t("remove_row", { number: row + 1 })))),
  );
  const add = (): void => {
    const last = about.now().at(-1);
    about.change(last ? [...about.now(), [last[0] + 1, last[1] + 1]] : [[0, 0], [1, 1]]);
  };
  return frame(editor, about, rows.length > 0 && el("table", { class: "points" }, el("tbody", {}, ...rows)), small(`${about.path}-add`, t("add_row"), add));
}

export function small(key: string, text: string, click: () => void, label?: string): HTMLElement {
  return el("button", { type: "button", class: "button quiet small", "data-key": key, "aria-label": label, click }, ...(label ? [] : [icon("plus")]), text);
}

/** The needs of a step as a list, whether the document has one or several. */
export function needsOf(step: Step): Need[] {
  return Array.isArray(step.needs) ? step.needs : [step.needs];
}

/** The same list with one item in another place; nothing changes where that would leave the list. */
export function moved<T>(list: T[], from: number, by: -1 | 1): T[] {
  const to = from + by;
  if (to < 0 || to >= list.length) return list;
  const next = [...list];
  [next[from], next[to]] = [next[to]!, next[from]!];
  return next;
}

/** A need about another thing, with the condition that fits its kind. */
export function needAbout(editor: Editor, kind: string, id: string): Need {
  if (kind === "zone") return { zone: id, at_least: 1 };
  if (kind === "machine") return { machine: id, running: false };
  const input = editor.scene.inputs.find((one) => one.id === id);
  return input?.kind === "number" ? { input: id, at_least: 1 } : { input: id, is: (input?.states ?? []).slice(-1) };
}

/** The steps of a procedure, each with who does it, what it needs and its times. */
export function stepsField(editor: Editor, about: About & { now: () => Step[]; change: (value: Step[]) => void }): HTMLElement {
  const { t } = editor.words;
  const value = about.now();
  const set = (index: number, change: Partial<Step>): void => about.change(about.now().map((step, at) => (at === index ? clean({ ...step, ...change }) : step)));
  const add = (): void => about.change([...about.now(), { id: freeId(about.now()), name: "", needs: firstNeed(editor) }]);
  const card = (step: Step, index: number): HTMLElement => {
    const path = `${about.path}[${index}]`;
    const open = editor.faultsAt(path).length > 0;
    const all = needsOf(step);
    const needsNow = (): Need[] => needsOf(about.now()[index] ?? step);
    const setNeeds = (needs: Need[]): void => set(index, { needs: needs.length === 1 ? needs[0]! : needs });
    const move = (by: -1 | 1): HTMLElement => small(`${path}-move-${by}`, by < 0 ? "↑" : "↓", () => about.change(moved(about.now(), index, by)), t(by < 0 ? "step_up" : "step_down", { number: index + 1 }));
    return el(
      "details",
      { class: "card", open, "data-more": path },
      el("summary", {}, `${index + 1}. ${step.name || step.id}`),
      textField(editor, { label: t("step_name"), path: `${path}.name`, value: step.name ?? "", change: (name) => set(index, { name }) }),
      textField(editor, { label: t("step_actor"), path: `${path}.actor`, value: step.actor ?? "", change: (actor) => set(index, { actor: actor || undefined } as Partial<Step>) }),
      ...all.map((need, at) =>
        needRow(editor, need, `${path}.needs${all.length > 1 ? `[${at}]` : ""}`, () => needsNow()[at] ?? need, (next) =>
          setNeeds(next ? needsNow().map((one, other) => (other === at ? next : one)) : needsNow().filter((_one, other) => other !== at)), all.length > 1),
      ),
      small(`${path}-need`, t("add_need"), () => setNeeds([...needsNow(), firstNeed(editor)])),
      ...TIMES.map((key) =>
        numberField(editor, {
          label: t(`step_${key}`), path: `${path}.${key}`, value: step[key] as number | undefined, min: 0, max: 86_400, step: "any",
          hint: key === "max_gap_s" ? "1800" : "0", change: (number) => set(index, { [key]: number }),
        }),
      ),
      el("div", { class: "line" }, move(-1), move(1), small(`${path}-remove`, "×", () => about.change(about.now().filter((_step, at) => at !== index)), t("remove_step", { number: index + 1 }))),
    );
  };
  return frame(editor, about, ...value.map(card), small(`${about.path}-add`, t("add_step"), add));
}

function freeId(steps: Step[]): string {
  let number = steps.length + 1;
  while (steps.some((step) => step.id === `step-${number}`)) number += 1;
  return `step-${number}`;
}

export function firstNeed(editor: Editor): Need {
  const { zones, machines, inputs } = editor.scene;
  if (inputs[0]) return needAbout(editor, "input", inputs[0].id);
  if (machines[0]) return needAbout(editor, "machine", machines[0].id);
  return needAbout(editor, "zone", zones[0]?.id ?? "");
}

export function needRow(editor: Editor, need: Need, path: string, now: () => Need, change: (need: Need | null) => void, several: boolean): HTMLElement {
  const { t } = editor.words;
  const kind = need.zone !== undefined ? "zone" : need.machine !== undefined ? "machine" : "input";
  const things: [string, string][] = [
    ...editor.scene.zones.map((one): [string, string] => [`zone ${one.id}`, `${t("zone")} ${one.id}`]),
    ...editor.scene.machines.map((one): [string, string] => [`machine ${one.id}`, `${t("machine")} ${one.id}`]),
    ...editor.scene.inputs.map((one): [string, string] => [`input ${one.id}`, `${t("input")} ${one.id}`]),
  ];
  const input = editor.scene.inputs.find((one) => one.id === need.input);
  const counted = kind === "zone" || input?.kind === "number";
  const number = (key: "at_least" | "at_most"): HTMLElement =>
    numberField(editor, { label: t(key), path: `${path}.${key}`, value: need[key], step: kind === "zone" ? 1 : "any", change: (found) => change(clean({ ...now(), [key]: found })) });
  return el(
    "div",
    { class: "need" },
    choiceField(editor, {
      label: t("step_needs"), path: `${path}.${kind}`, key: `${path}.what`, value: `${kind} ${need[kind] ?? ""}`, choices: things,
      change: (chosen) => {
        const at = chosen.indexOf(" ");
        change(needAbout(editor, chosen.slice(0, at), chosen.slice(at + 1)));
      },
    }),
    counted && number("at_least"),
    counted && number("at_most"),
    kind === "machine" &&
      choiceField(editor, {
        label: t("step_machine"), path: `${path}.running`, value: String(need.running ?? false), choices: [["true", t("step_runs")], ["false", t("step_stands")]],
        change: (code) => change({ ...now(), running: code === "true" }),
      }),
    kind === "input" && !counted &&
      severalField(editor, { label: t("step_is"), help: "", path: `${path}.is`, now: () => now().is ?? [], items: input?.states ?? [], change: (is) => change({ ...now(), is }) }),
    several && small(`${path}-remove`, "×", () => change(null), t("remove_need")),
  );
}

export function clean<T extends object>(item: T): T {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as T;
}
