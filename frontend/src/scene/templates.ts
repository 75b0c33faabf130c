// Templates: one is chosen, a few questions are answered, and the server puts its parts into the scene.

import { el, setOff } from "../common/dom";
import { json, Refused } from "../common/http";
import type { Draft, Editor } from "./editor";
import { choiceField, numberField, textField } from "./fields";
import type { Ask, Template, Thing } from "./given";
import { placed } from "./placed";
import * as model from "./scene";

type Item = { id: string; kind?: string };
const WORDS: Record<string, string> = { zones: "zone", lines: "line", gauges: "gauge", machines: "machine", inputs: "input" };

export function templatesPanel(editor: Editor, done: () => void): HTMLElement[] {
  const { t } = editor.words;
  const list = (group: string): HTMLElement[] => [
    el("h3", {}, t(`templates_${group}`)),
    el("ul", { class: "shape-list" }, ...editor.given.templates.filter((one) => one.group === group).map((one) => item(editor, one))),
  ];
  const chosen = editor.given.templates.find((one) => one.id === editor.draft.template);
  return [...list("scenes"), ...list("procedures"), ...(chosen ? [form(editor, chosen, done)] : [])];
}

function item(editor: Editor, template: Template): HTMLElement {
  const choose = (): void => {
    editor.draft = { template: template.id, answers: {}, names: proposed(editor, template) };
    editor.refused = [];
    editor.tell();
  };
  const on = editor.draft.template === template.id;
  return el("li", {}, el("button", { type: "button", "aria-pressed": String(on), "data-key": `template-${template.id}`, click: choose }, template.title));
}

/** The things that the scene or the mine has already and that a template most likely means. */
export function proposed(editor: Editor, template: Template): Record<string, string> {
  const names: Record<string, string> = {};
  const procedure = template.group === "procedures";
  for (const thing of template.things) {
    const there = items(editor, thing);
    const like = there.find((one) => one.id === thing.id) ?? (thing.list === "machines" ? there[0] : undefined);
    const known = thing.list === "machines" ? mineMachines(editor, thing).find((one) => one.here) ?? mineMachines(editor, thing)[0] : undefined;
    const name = (procedure ? like?.id : undefined) ?? known?.key;
    if (name && !Object.values(names).includes(name)) names[thing.ref] = name;
  }
  return names;
}

function items(editor: Editor, thing: Thing): Item[] {
  const all = (editor.scene[thing.list] ?? []) as Item[];
  return thing.list === "machines" ? all.filter((one) => (one.kind ?? "other") === thing.kind) : all;
}

/** Machines of the mine that are of a thing's kind and not in the scene yet. */
function mineMachines(editor: Editor, thing: Thing): Editor["given"]["machines"] {
  const taken = new Set(editor.scene.machines.map((one) => one.id));
  return editor.given.machines.filter((one) => one.kind === thing.kind && !taken.has(one.key));
}

function form(editor: Editor, template: Template, done: () => void): HTMLElement {
  const { t } = editor.words;
  const draft = editor.draft;
  const other = editor.refused.find((one) => /^(template|document|answers|names)$/.test(one.path))?.text;
  const button = el("button", { type: "submit", class: "button primary", "data-key": "template-use" }, t("template_use"));
  const made = el(
    "form",
    { class: "card" },
    el("h3", {}, template.title),
    el("p", { class: "sub" }, template.about),
    ...template.asks.map((ask) => field(editor, ask)),
    ...template.things.filter((thing) => template.group === "procedures" || thing.list === "machines").map((thing) => thingField(editor, thing)),
    el("p", { class: "sub" }, t("template_adds", { rules: template.rules.length })),
    other && el("p", { class: "fault", role: "alert" }, other),
    button,
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    setOff(button, true);
    void put(editor, draft, done);
  });
  return made;
}

function field(editor: Editor, ask: Ask): HTMLElement {
  const { answers } = editor.draft;
  const about = { label: ask.label + (ask.unit ? `, ${ask.unit}` : ""), help: ask.help, path: `answers.${ask.key}` };
  const value = answers[ask.key] ?? ask.default;
  const take = (answer: string | number | undefined): void => {
    if (answer === undefined || answer === "") delete answers[ask.key];
    else answers[ask.key] = answer;
  };
  if (ask.kind === "choice") return choiceField(editor, { ...about, value: String(value), choices: Object.entries(ask.choices), change: take });
  if (ask.kind === "text") return textField(editor, { ...about, value: String(value), change: take });
  const step = ask.kind === "integer" ? 1 : "any";
  return numberField(editor, { ...about, value: Number(value), min: ask.min, max: ask.max, step, change: take });
}

function thingField(editor: Editor, thing: Thing): HTMLElement {
  const { t } = editor.words;
  const { names } = editor.draft;
  const there = items(editor, thing).map((one): [string, string] => [one.id, t("template_there", { id: one.id })]);
  const known = thing.list === "machines" ? mineMachines(editor, thing).map((one): [string, string] => [one.key, `${one.name} (${one.key})`]) : [];
  return choiceField(editor, {
    label: `${t(WORDS[thing.list] ?? "zone")}: ${thing.id}`, path: `names.${thing.ref}`, value: names[thing.ref] ?? "",
    choices: [["", t("template_new")], ...there, ...known],
    change: (name) => {
      if (name) names[thing.ref] = name;
      else delete names[thing.ref];
    },
  });
}

/** Let the server put the template in; where the scene changed meanwhile, into what it is then. */
async function put(editor: Editor, draft: Draft, done: () => void): Promise<void> {
  const before = editor.scene;
  try {
    const { document } = await json<{ document: model.Scene }>(editor.given.urls.template, "POST", { ...draft, document: before });
    if (editor.scene !== before) return await put(editor, draft, done);
    editor.draft = { template: "", answers: {}, names: {} };
    const after = model.whole(document);
    for (const shape of placed(before, after)) editor.placed.add(shape);
    const list = (["zones", "gauges", "lines", "machines"] as const).find((one) => after[one].length > before[one].length);
    editor.chosen = list ? { kind: list, index: before[list].length } : null;
    editor.point = null;
    done();
    editor.change(after);
  } catch (error) {
    const all = error instanceof Refused ? error.all : [{ field: "", message: error instanceof Error ? error.message : String(error) }];
    editor.refused = all.map(({ field, message }) => ({ path: /^(answers|names)\./.test(field) ? field : "template", text: message }));
    editor.tell();
  }
}
