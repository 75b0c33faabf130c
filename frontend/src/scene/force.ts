// What all rules share, whatever their type: when one is in force, how sure it must be, what is to
// be done and where it is.

import { el, type Child } from "../common/dom";
import { conditionField, isTest, type Test } from "./conditions";
import type { Editor } from "./editor";
import { areaField, choiceField, numberField, textField } from "./fields";
import { frame, severalField } from "./rows";
import * as model from "./scene";
import { timesField, type Span } from "./special";

/** The keys of a rule that these forms show. */
export const SHARED = ["when", "schedule", "permit", "confirm", "sustain_s", "cooldown_s", "min_visibility", "wears", "action", "place"];
const LANGUAGES = ["en", "zh-hans"] as const;
const WEARS = ["helmet", "bare_head", "vest", "no_vest"];
const GROUPS = { force: ["when", "schedule", "permit"], sure: ["confirm", "sustain_s", "cooldown_s", "min_visibility", "wears"], told: ["action", "place"] };

interface About {
  rule: model.Rule;
  index: number;
  hazard: model.Hazard | undefined;
  set: (change: Record<string, unknown>) => void;
}

/** The operator's action by language, whether the document has one text or several. */
export function actionIn(action: unknown, language: string): string {
  if (typeof action === "string") return action;
  const found = typeof action === "object" && action !== null ? (action as Record<string, unknown>)[language] : undefined;
  return typeof found === "string" ? found : "";
}

/** What the document has for the action when one language's text changes; nothing where none is left. */
export function actionWith(action: unknown, language: string, text: string): string | Record<string, string> | undefined {
  const texts = Object.fromEntries(LANGUAGES.map((one) => [one, one === language ? text : actionIn(action, one)]));
  const said = Object.entries(texts).filter(([, one]) => one);
  if (!said.length) return undefined;
  const all = new Set(Object.values(texts));
  return all.size === 1 ? said[0]![1] : Object.fromEntries(said);
}

/** N of M as the document has it: both numbers, and nothing where they are the type's own. */
export function confirmWith(now: number[], at: 0 | 1, value: number | undefined, own: number[]): number[] | undefined {
  if (value === undefined) return undefined;
  const next = at === 0 ? [value, Math.max(value, now[1] ?? 1)] : [Math.min(now[0] ?? 1, value), value];
  return next[0] === own[0] && next[1] === own[1] ? undefined : next;
}

export function sharedForms(editor: Editor, about: About): HTMLElement[] {
  const { t } = editor.words;
  const { rule, index } = about;
  const path = `rules[${index}]`;
  const part = (key: keyof typeof GROUPS, ...children: Child[]): HTMLElement => {
    const wrong = GROUPS[key].some((one) => editor.faultsAt(`${path}.${one}`).length);
    const own = GROUPS[key].some((one) => rule[one] !== undefined);
    const mark = t(own ? "shared_own" : `shared_${key}_none`);
    return el("details", { open: wrong, "data-more": `${key}-${index}` }, el("summary", {}, t(`shared_${key}`), " ", el("span", { class: "sub" }, mark)), ...children);
  };
  return [part("force", ...force(editor, about, path)), part("sure", ...sure(editor, about, path)), part("told", ...told(editor, about, path))];
}

function force(editor: Editor, { rule, index, set }: About, path: string): Child[] {
  const { t } = editor.words;
  const now = (): model.Rule => editor.scene.rules[index] ?? rule;
  const when = rule["when"];
  const spans = (): Span[] => (Array.isArray(now()["schedule"]) ? (now()["schedule"] as Span[]) : []);
  const permits = editor.scene.inputs.filter((one) => one.states?.includes("OPEN"));
  return [
    when === undefined || isTest(when)
      ? conditionField(editor, { path: `${path}.when`, rule: rule.id, now: () => now()["when"] as Test | undefined, change: (test) => set({ when: test }) })
      : el("p", { class: "fault" }, t("when_document")),
    timesField(editor, { label: t("schedule_label"), help: t("schedule_help"), path: `${path}.schedule`, now: spans, change: (found) => set({ schedule: found }) }),
    choiceField(editor, {
      label: t("permit_label"), help: t(permits.length ? "permit_help" : "permit_none"), path: `${path}.permit`, value: String(rule["permit"] ?? ""),
      choices: [["", t("none")], ...permits.map((one): [string, string] => [one.id, one.id])], change: (id) => set({ permit: id || undefined }),
    }),
  ];
}

function sure(editor: Editor, { rule, index, hazard, set }: About, path: string): Child[] {
  const { t, code } = editor.words;
  const own = hazard?.confirm ?? [1, 1];
  const held = (): number[] => {
    const found = editor.scene.rules[index]?.["confirm"];
    return Array.isArray(found) ? (found as number[]) : own;
  };
  const worn = (): string[] => {
    const found = editor.scene.rules[index]?.["wears"];
    return Array.isArray(found) ? (found as string[]) : [];
  };
  const given = (key: string): number | undefined => (typeof rule[key] === "number" ? (rule[key] as number) : undefined);
  const number = (key: string, max: number, hint: number): HTMLElement =>
    numberField(editor, { label: t(key), help: t(`${key}_help`), path: `${path}.${key}`, value: given(key), min: 0, max, step: "any", hint: String(hint), change: (found) => set({ [key]: found }) });
  const frames = (at: 0 | 1): HTMLElement =>
    numberField(editor, {
      label: t(at ? "confirm_of" : "confirm_least"), path: `${path}.confirm[${at}]`, value: held()[at], min: 1, max: 50, step: 1,
      change: (found) => set({ confirm: confirmWith(held(), at, found, own) }),
    });
  return [
    frame(editor, { label: t("confirm_label"), help: t("confirm_help"), path: `${path}.confirm`, own: true }, el("div", { class: "sides" }, frames(0), frames(1))),
    number("sustain_s", 86_400, 0),
    number("cooldown_s", 86_400, 0),
    number("min_visibility", 1, hazard?.min_visibility ?? 0.2),
    severalField(editor, {
      label: t("wears_label"), help: t("wears_help"), path: `${path}.wears`, now: worn, items: WEARS, say: (one) => code("wears", one),
      change: (found) => set({ wears: found.length ? found : undefined }),
    }),
  ];
}

function told(editor: Editor, { rule, index, hazard, set }: About, path: string): Child[] {
  const { t, code } = editor.words;
  const action = (): unknown => editor.scene.rules[index]?.["action"];
  const usual = hazard?.action ? t("action_usual", { text: hazard.action }) : undefined;
  return [
    ...LANGUAGES.map((language, at) =>
      areaField(editor, {
        label: t("action_label", { language: code("action_languages", language) }), help: at ? t("action_help") : usual,
        path: `${path}.action.${language}`, lang: language, most: 500, value: actionIn(rule["action"], language),
        change: (text) => set({ action: actionWith(action(), language, text) }),
      }),
    ),
    textField(editor, { label: t("place_label"), help: t("place_help"), path: `${path}.place`, value: String(rule["place"] ?? ""), change: (text) => set({ place: text || undefined }) }),
  ];
}
