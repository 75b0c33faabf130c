// Form fields of the editor, each with its help and its fault beside it.

import { el } from "../common/dom";
import type { Editor } from "./editor";

let made = 0;

interface Around {
  label: string;
  path: string;
  help?: string | undefined;
  /** What the field is found by when the form is drawn anew, where its path may change with its value. */
  key?: string | undefined;
  /** Whether faults below the path have fields of their own. */
  own?: boolean | undefined;
}

function around(editor: Editor, input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, about: Around): HTMLElement {
  const id = `field-${(made += 1)}`;
  input.id = id;
  input.dataset["path"] = about.key ?? about.path;
  const fault = about.own ? editor.faultAt(about.path) : editor.faultsAt(about.path)[0];
  if (fault) input.setAttribute("aria-invalid", "true");
  const heard = [fault && `${id}-fault`, about.help && `${id}-help`].filter(Boolean);
  if (heard.length) input.setAttribute("aria-describedby", heard.join(" "));
  return el(
    "div",
    { class: fault ? "field wrong" : "field" },
    el("label", { for: id }, about.label),
    input,
    fault && el("p", { class: "fault", id: `${id}-fault` }, fault.text),
    about.help && el("p", { class: "help", id: `${id}-help` }, about.help),
  );
}

export function textField(
  editor: Editor,
  about: Around & { value: string; list?: string | undefined; change: (value: string) => void },
): HTMLElement {
  const input = el("input", { type: "text", value: about.value, maxlength: 100, autocomplete: "off", spellcheck: "false", list: about.list ?? null });
  input.addEventListener("change", () => about.change(input.value.trim()));
  return around(editor, input, about);
}

/** A text of some lines, in one language. */
export function areaField(
  editor: Editor,
  about: Around & { value: string; lang: string; most: number; change: (value: string) => void },
): HTMLElement {
  const input = el("textarea", { rows: 2, maxlength: about.most, lang: about.lang, spellcheck: "false" });
  input.value = input.defaultValue = about.value;
  input.addEventListener("change", () => about.change(input.value.trim()));
  return around(editor, input, about);
}

export function numberField(
  editor: Editor,
  about: Around & {
    value: number | undefined;
    min?: number | undefined;
    max?: number | undefined;
    step: number | "any";
    hint?: string;
    change: (value: number | undefined) => void;
  },
): HTMLElement {
  const input = el("input", { type: "number", value: about.value ?? "", min: about.min ?? null, max: about.max ?? null, step: about.step, placeholder: about.hint ?? null });
  input.addEventListener("change", () => {
    const value = input.value.trim();
    if (value === "") about.change(undefined);
    else if (Number.isFinite(input.valueAsNumber)) about.change(input.valueAsNumber);
  });
  return around(editor, input, about);
}

/** A value with a form of its own, as JSON: what is not JSON is said and not taken. */
export function dataField(
  editor: Editor,
  about: Around & { value: unknown; bad: string; change: (value: unknown) => void },
): HTMLElement {
  const written = about.value === undefined ? "" : JSON.stringify(about.value);
  const input = el("input", { type: "text", value: written, autocomplete: "off", spellcheck: "false" });
  input.addEventListener("change", () => {
    const text = input.value.trim();
    try {
      input.setCustomValidity("");
      about.change(text === "" ? undefined : JSON.parse(text));
    } catch (error) {
      input.setCustomValidity(about.bad + String(error));
      input.reportValidity();
    }
  });
  return around(editor, input, about);
}

export function choiceField(
  editor: Editor,
  about: Around & { value: string; choices: [string, string][]; change: (value: string) => void },
): HTMLElement {
  const choices = about.choices.some(([code]) => code === about.value)
    ? about.choices
    : [...about.choices, [about.value, about.value] as [string, string]];
  const select = el("select", {}, ...choices.map(([code, text]) => el("option", { value: code, selected: code === about.value }, text)));
  select.addEventListener("change", () => about.change(select.value));
  return around(editor, select, about);
}

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Days of the week, each with a box to tick; all of them is what the document leaves out. */
export function daysField(editor: Editor, path: string, now: () => string[] | undefined, change: (days: string[] | undefined) => void): HTMLElement {
  const { t, code } = editor.words;
  const on = now() ?? DAYS;
  const fault = editor.faultsAt(path)[0];
  const day = (name: string): HTMLElement => {
    const box = el("input", { type: "checkbox", checked: on.includes(name), "data-key": `${path}-${name}` });
    box.addEventListener("change", () => {
      const before = now() ?? DAYS;
      const days = DAYS.filter((one) => (one === name ? box.checked : before.includes(one)));
      change(days.length === DAYS.length ? undefined : days);
    });
    return el("label", { class: "check" }, box, " ", code("days", name));
  };
  return el("fieldset", { class: "days" }, el("legend", {}, t("shift_days")), ...DAYS.map(day), fault && el("p", { class: "fault", role: "alert" }, fault.text));
}
