// The rules, each as a form made of what its hazard type says of itself.

import { el, icon } from "../common/dom";
import type { Editor } from "./editor";
import { choiceField, dataField, numberField, textField } from "./fields";
import { SHARED, sharedForms } from "./force";
import { calledOf, renamed } from "./rename";
import type { Replays } from "./replay";
import { severalField, stepsField, tableField, type Need, type Step } from "./rows";
import { beginField, endField, forbiddenField, limitsField, timesField, type End, type Forbidden, type Limit, type Span } from "./special";
import * as model from "./scene";

const FIRST = ["steps", "warning_zone", "stand_zone", "dwell_s"];
// Lists of the scene that a parameter of this kind names something of.
const LISTS: Record<string, string> = { zone: "zones", line: "lines", gauge: "gauges", machine: "machines", input: "inputs" };

export function rulesPanel(editor: Editor, replays: Replays): HTMLElement[] {
  const { t } = editor.words;
  const forms = editor.scene.rules.map((rule, index) => ruleForm(editor, replays, rule, index));
  return [
    el("div", {}, el("button", { type: "button", class: "button small", "data-key": "add-rule", click: () => addRule(editor) }, icon("plus"), t("add_rule"))),
    ...(forms.length ? forms : [el("p", { class: "empty" }, t("no_rules"))]),
  ];
}

function addRule(editor: Editor): void {
  const { scene } = editor;
  const hazard = editor.given.hazards[0];
  if (!hazard) return;
  const rule: model.Rule = { id: model.freeName(scene.rules, "rule"), type: hazard.type, severity: hazard.severity, params: {} };
  editor.change({ ...scene, rules: [...scene.rules, { ...rule, ...needed(editor, hazard.type, rule) }] });
}

/** The zone and the machine that a type needs, where the rule names none yet. */
function needed(editor: Editor, type: string, rule: model.Rule): Partial<model.Rule> {
  const { scene, given } = editor;
  const hazard = given.hazards.find((one) => one.type === type);
  const [zone, machine] = [scene.zones[0], scene.machines[0]];
  return {
    ...(hazard?.needs_zone && !rule.zone && zone ? { zone: zone.id } : {}),
    ...(hazard?.needs_machine && !rule.machine && machine ? { machine: machine.id } : {}),
  };
}

/** The form of a parameter that has its own; null where what stands there is none of its kind. */
function dataForm(
  editor: Editor,
  name: string,
  value: unknown,
  about: { label: string; help: string; path: string; rule: () => model.Rule; change: (value: unknown) => void },
): HTMLElement | null {
  const held = <T>(): T | undefined => about.rule().params?.[name] as T | undefined;
  const list = <T>(): T[] => held<T[]>() ?? [];
  const steps = (): Step[] => (Array.isArray(about.rule().params?.["steps"]) ? (about.rule().params!["steps"] as Step[]) : []);
  const listed = value === undefined || Array.isArray(value);
  const object = value === undefined || (typeof value === "object" && value !== null);
  if (name === "steps" && listed) return stepsField(editor, { ...about, now: list<Step> });
  if (name === "begin" && object) return beginField(editor, { ...about, now: held<Need | Need[]> });
  if (name === "called_off" && object && !Array.isArray(value)) return endField(editor, { ...about, now: held<End>, steps: steps() });
  if (name === "forbidden" && listed) return forbiddenField(editor, { ...about, now: list<Forbidden>, steps: steps() });
  if (name === "shift_limits" && listed) return limitsField(editor, { ...about, now: list<Limit> });
  if (name === "handover_times" && listed) return timesField(editor, { ...about, now: list<Span> });
  return null;
}

function ruleForm(editor: Editor, replays: Replays, rule: model.Rule, index: number): HTMLElement {
  const { t } = editor.words;
  const path = `rules[${index}]`;
  const hazard = editor.given.hazards.find((one) => one.type === rule.type);
  const set = (change: Record<string, unknown>): void =>
    editor.change(model.withItem(editor.scene, "rules", index, change));
  const named = (items: { id: string }[], empty: string): [string, string][] => [
    ["", empty],
    ...items.map((item): [string, string] => [item.id, calledOf(item)]),
  ];
  const zones = (empty: string): [string, string][] => named(editor.scene.zones, empty);
  const setParam = (name: string, value: unknown): void => {
    const params = { ...(editor.scene.rules[index]?.params ?? rule.params), [name]: value };
    if (value === undefined || value === "") delete params[name];
    set({ params });
  };
  const param = (one: model.Param): HTMLElement => {
    const value = rule.params?.[one.name];
    const label = one.label + (one.unit ? `, ${one.unit}` : "");
    const about = { label, help: one.help, path: `${path}.params.${one.name}` };
    const list = LISTS[one.kind];
    if (list)
      return choiceField(editor, {
        ...about, value: typeof value === "string" ? value : "", choices: named((editor.scene[list] ?? []) as { id: string }[], t("none")),
        change: (id) => setParam(one.name, id),
      });
    if (one.kind === "choice")
      return choiceField(editor, {
        ...about, value: String(value ?? one.default ?? ""), choices: Object.entries(one.choices ?? {}),
        change: (code) => setParam(one.name, code === one.default ? undefined : code),
      });
    if (one.kind === "flag")
      return choiceField(editor, {
        ...about, value: String(value ?? one.default ?? false), choices: [["true", t("yes")], ["false", t("no")]],
        change: (code) => setParam(one.name, code === String(one.default) ? undefined : code === "true"),
      });
    if (one.kind === "text")
      return textField(editor, { ...about, value: typeof value === "string" ? value : "", change: (text) => setParam(one.name, text) });
    const now = <T>(): T[] => {
      const found = editor.scene.rules[index]?.params?.[one.name];
      return Array.isArray(found) ? (found as T[]) : [];
    };
    if (one.kind === "zones" || one.kind === "inputs")
      return severalField(editor, {
        ...about, now: now<string>, items: editor.scene[one.kind].map((item) => item.id),
        change: (names) => setParam(one.name, names.length ? names : undefined),
      });
    if (one.kind === "table" && (value === undefined || Array.isArray(value)))
      return tableField(editor, { ...about, now: now<[number, number]>, change: (pairs) => setParam(one.name, pairs) });
    const special = one.kind === "data" ? dataForm(editor, one.name, value, { ...about, rule: () => editor.scene.rules[index] ?? rule, change: (found) => setParam(one.name, found) }) : null;
    if (special) return special;
    if (one.kind !== "number" && one.kind !== "integer")
      return dataField(editor, { ...about, value, bad: t("json_bad", { reason: "" }), change: (found) => setParam(one.name, found) });
    return numberField(editor, {
      ...about, value: typeof value === "number" ? value : undefined, min: one.min, max: one.max,
      step: one.kind === "integer" ? 1 : "any", hint: String(one.default ?? ""),
      change: (number) => setParam(one.name, number),
    });
  };
  const mode = typeof rule["mode"] === "string" ? rule["mode"] : (hazard?.mode ?? "armed");
  const modes: [string, string][] = ["armed", "shadow", "off"].map((mode) => [mode, editor.words.code("mode", mode)]);
  const params = hazard?.params ?? [];
  // What a rule cannot be without is not looked for among what may be left as it is.
  const isFirst = (one: model.Param): boolean => one.required || FIRST.includes(one.name);
  const first = params.filter(isFirst);
  first.sort((a, b) => FIRST.indexOf(a.name) - FIRST.indexOf(b.name));
  const rest = params.filter((one) => !isFirst(one));
  const restOpen = editor.faultsAt(`${path}.id`).length > 0 || rest.some((one) => editor.faultsAt(`${path}.params.${one.name}`).length);
  const shownAt = new Set([...["id", "type", "zone", "machine", "severity", ...SHARED].map((key) => `${path}.${key}`), ...params.map((one) => `${path}.params.${one.name}`)]);
  const other = editor.faultsAt(path).find((fault) => ![...shownAt].some((shown) => fault.path.startsWith(shown)));
  return el(
    "div",
    { class: "card", "data-rule": index },
    other && el("p", { class: "fault", role: "alert" }, other.text),
    choiceField(editor, {
      label: t("rule_type"), path: `${path}.type`, value: rule.type,
      choices: editor.given.hazards.map((one) => [one.type, one.label]), change: (type) => set({ type, params: {}, ...needed(editor, type, editor.scene.rules[index] ?? rule) }),
    }),
    !hazard && el("p", { class: "fault" }, t("not_protecting")),
    choiceField(editor, {
      label: t("mode_label"), path: `${path}.mode`, value: mode, choices: modes,
      help: mode === "armed" ? undefined : hazard?.note, change: (chosen) => set({ mode: chosen }),
    }),
    mode === "armed" && hazard?.note && el("p", { class: "fault", role: "alert" }, hazard.note),
    choiceField(editor, {
      label: t("rule_zone"), path: `${path}.zone`, value: rule.zone ?? "", choices: zones(t("choose")), help: hazard?.needs_zone && !editor.scene.zones.length ? t("zone_first") : undefined,
      change: (zone) => set({ zone: zone || undefined }),
    }),
    choiceField(editor, {
      label: t("rule_machine"), path: `${path}.machine`, value: rule.machine ?? "", choices: named(editor.scene.machines, t("choose")),
      help: hazard?.needs_machine && !editor.scene.machines.length ? t("machine_first") : undefined,
      change: (machine) => set({ machine: machine || undefined }),
    }),
    choiceField(editor, {
      label: t("severity"), path: `${path}.severity`, value: rule.severity ?? "high",
      choices: Object.entries(editor.given.severities), change: (severity) => set({ severity }),
    }),
    ...first.map(param),
    el(
      "details",
      { open: restOpen, "data-more": index },
      el("summary", {}, t("more")),
      textField(editor, { label: t("rule_id"), path: `${path}.id`, value: rule.id, change: (id) => editor.change(renamed(editor.scene, "rules", index, id, editor.given.hazards)) }),
      ...rest.map(param),
    ),
    ...sharedForms(editor, { rule, index, hazard, set }),
    replays.box(rule.id),
    el("button", { type: "button", class: "button quiet small", click: () => editor.change(model.without(editor.scene, "rules", index)) }, t("remove_rule")),
  );
}
