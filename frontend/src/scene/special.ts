// Parameters with a form of their own: what begins, ends and is forbidden in a procedure, limits by
// shift, times of the day. Each goes on from what holds when it is changed (`now`), as rows do.

import { el } from "../common/dom";
import type { Editor } from "./editor";
import { choiceField, daysField, numberField, textField } from "./fields";
import { clean, firstNeed, frame, needRow, small, type About, type Need, type Step } from "./rows";

type Change<T> = (value: T | undefined) => void;
type Needs = Need | Need[];

export interface End {
  needs: Needs;
  before?: string;
}

export interface Forbidden {
  id: string;
  name?: string;
  needs: Needs;
  from?: string;
  until?: string;
  hold_s?: number;
}

export interface Limit {
  shift: string;
  limit: number;
}

/** A time of the day of its own, or that of a shift. */
export type Span = { shift: string } | { from: string; to: string; days?: string[] };

interface Field<T> extends About {
  now: () => T;
  change: Change<T>;
}

/** A list of needs as it stands in the document: one alone, several, or none. */
export function listOf(needs: Needs | undefined): Need[] {
  return needs === undefined ? [] : Array.isArray(needs) ? needs : [needs];
}

/** What the document has for a list of needs. */
export function needsFor(list: Need[]): Needs {
  return list.length === 1 ? list[0]! : list;
}

function needs(editor: Editor, path: string, now: () => Need[], change: (list: Need[]) => void, least: number): HTMLElement[] {
  const { t } = editor.words;
  const list = now();
  const put = (at: number, next: Need | null): void => change(next ? now().map((one, other) => (other === at ? next : one)) : now().filter((_one, other) => other !== at));
  return [
    ...list.map((need, at) => needRow(editor, need, `${path}${list.length > 1 ? `[${at}]` : ""}`, () => now()[at] ?? need, (next) => put(at, next), list.length > least)),
    small(`${path}-need`, t("add_need"), () => change([...now(), firstNeed(editor)])),
  ];
}

/** What begins a procedure; nothing: its first step does. */
export function beginField(editor: Editor, about: Field<Needs | undefined>): HTMLElement {
  const change = (list: Need[]): void => about.change(list.length ? needsFor(list) : undefined);
  return frame(editor, about, ...needs(editor, about.path, () => listOf(about.now()), change, 0));
}

/** What calls a procedure off, and the step after which it no longer does. */
export function endField(editor: Editor, about: Field<End | undefined> & { steps: Step[] }): HTMLElement {
  const list = (): Need[] => listOf(about.now()?.needs);
  const change = (found: Need[]): void => about.change(found.length ? { ...about.now(), needs: needsFor(found) } : undefined);
  const end = about.now();
  return frame(
    editor,
    about,
    ...needs(editor, `${about.path}.needs`, list, change, 0),
    end && stepChoice(editor, "called_off_before", `${about.path}.before`, end.before, about.steps, (before) => about.change(clean({ ...about.now()!, before } as End))),
  );
}

/** What must not be so from one step until another. */
export function forbiddenField(editor: Editor, about: Field<Forbidden[]> & { steps: Step[] }): HTMLElement {
  const { t } = editor.words;
  const set = (at: number, change: Record<string, unknown>): void => about.change(about.now().map((one, other) => (other === at ? clean({ ...one, ...change }) : one)));
  const remove = (at: number): void => {
    const left = about.now().filter((_one, other) => other !== at);
    about.change(left.length ? left : undefined);
  };
  const add = (): void => {
    let number = about.now().length + 1;
    while (about.now().some((one) => one.id === `forbidden-${number}`)) number += 1;
    about.change([...about.now(), { id: `forbidden-${number}`, name: "", needs: firstNeed(editor) }]);
  };
  const card = (one: Forbidden, at: number): HTMLElement => {
    const path = `${about.path}[${at}]`;
    const list = (): Need[] => listOf(about.now()[at]?.needs ?? one.needs);
    return el(
      "details",
      { class: "card", open: editor.faultsAt(path).length > 0, "data-more": path },
      el("summary", {}, one.name || one.id),
      textField(editor, { label: t("forbidden_name"), path: `${path}.name`, value: one.name ?? "", change: (name) => set(at, { name }) }),
      ...needs(editor, `${path}.needs`, list, (found) => set(at, { needs: needsFor(found) }), 1),
      stepChoice(editor, "forbidden_from", `${path}.from`, one.from, about.steps, (from) => set(at, { from })),
      stepChoice(editor, "forbidden_until", `${path}.until`, one.until, about.steps, (until) => set(at, { until })),
      numberField(editor, { label: t("step_hold_s"), path: `${path}.hold_s`, value: one.hold_s, min: 0, max: 86_400, step: "any", hint: "0", change: (hold_s) => set(at, { hold_s }) }),
      small(`${path}-remove`, "×", () => remove(at), t("remove_forbidden", { number: at + 1 })),
    );
  };
  return frame(editor, about, ...about.now().map(card), small(`${about.path}-add`, t("add_forbidden"), add));
}

function stepChoice(editor: Editor, key: string, path: string, value: string | undefined, steps: Step[], change: (id: string | undefined) => void): HTMLElement {
  const { t } = editor.words;
  const choices = steps.map((step): [string, string] => [step.id, step.name || step.id]);
  return choiceField(editor, { label: t(key), path, value: value ?? "", choices: [["", t(`${key}_none`)], ...choices], change: (id) => change(id || undefined) });
}

/** Limits of shifts that differ from the others. */
export function limitsField(editor: Editor, about: Field<Limit[]>): HTMLElement {
  const { t } = editor.words;
  const shifts = editor.scene.shifts.map((one): [string, string] => [one.id, one.id]);
  const set = (at: number, change: Partial<Limit>): void => about.change(about.now().map((one, other) => (other === at ? { ...one, ...change } : one)));
  const left = (at: number): Limit[] | undefined => (about.now().length > 1 ? about.now().filter((_one, other) => other !== at) : undefined);
  const row = (one: Limit, at: number): HTMLElement =>
    el(
      "div",
      { class: "need" },
      choiceField(editor, { label: t("limit_shift"), path: `${about.path}[${at}].shift`, value: one.shift, choices: shifts, change: (shift) => set(at, { shift }) }),
      numberField(editor, {
        label: t("limit_people"), path: `${about.path}[${at}].limit`, value: one.limit, min: 1, max: 1000, step: 1,
        change: (limit) => limit !== undefined && set(at, { limit }),
      }),
      small(`${about.path}-remove-${at}`, "×", () => about.change(left(at)), t("remove_row", { number: at + 1 })),
    );
  const free = editor.scene.shifts.find((shift) => !about.now().some((one) => one.shift === shift.id));
  const add = (): void => free && about.change([...about.now(), { shift: free.id, limit: 1 }]);
  return frame(
    editor,
    about,
    ...about.now().map(row),
    free ? small(`${about.path}-add`, t("add_row"), add) : !editor.scene.shifts.length && el("p", { class: "sub" }, t("limit_no_shifts")),
  );
}

/** Times of the day: a shift's, or a time of its own. */
export function timesField(editor: Editor, about: Field<Span[]>): HTMLElement {
  return frame(editor, { ...about, own: true }, ...spanRows(editor, about.path, about.now, about.change));
}

/** A row for each time, and the button that adds one; nothing is told where none is left. */
export function spanRows(editor: Editor, path: string, now: () => Span[], change: Change<Span[]>): HTMLElement[] {
  const { t } = editor.words;
  const put = (at: number, span: Span): void => change(now().map((one, other) => (other === at ? span : one)));
  const left = (at: number): Span[] | undefined => (now().length > 1 ? now().filter((_one, other) => other !== at) : undefined);
  const choices: [string, string][] = [["", t("times_own")], ...editor.scene.shifts.map((one): [string, string] => [one.id, one.id])];
  const own = (at: number): { from: string; to: string; days?: string[] } => {
    const found = now()[at]!;
    return "shift" in found ? { from: "07:30", to: "08:30" } : found;
  };
  const row = (one: Span, at: number): HTMLElement => {
    const here = `${path}[${at}]`;
    const time = (key: "from" | "to"): HTMLElement =>
      textField(editor, { label: t(`shift_${key}`), path: `${here}.${key}`, value: own(at)[key], change: (value) => put(at, { ...own(at), [key]: value }) });
    return el(
      "div",
      { class: "need time" },
      choiceField(editor, { label: t("times_when"), path: `${here}.shift`, value: "shift" in one ? one.shift : "", choices, change: (shift) => put(at, shift ? { shift } : own(at)) }),
      ...("shift" in one ? [] : [time("from"), time("to"), daysField(editor, `${here}.days`, () => own(at).days, (days) => put(at, clean({ ...own(at), days } as Span)))]),
      small(`${here}-remove`, "×", () => change(left(at)), t("remove_row", { number: at + 1 })),
    );
  };
  return [...now().map(row), small(`${path}-add`, t("add_time"), () => change([...now(), { from: "07:30", to: "08:30" }]))];
}
