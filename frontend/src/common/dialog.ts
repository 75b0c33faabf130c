// One question at a time: a native dialog with labelled fields, sent by Enter, left by Escape.

import { el, setOff } from "./dom";
import { Refused } from "./http";
import type { Words } from "./words";

export interface Field {
  name: string;
  label: string;
  /** A select of [value, text]; without it the field is a line of text. */
  options?: [string, string][];
  /** Offered while typing, never demanded. */
  suggestions?: string[];
  value?: string;
  longest?: number;
  optional?: boolean;
  /** A password. */
  secret?: boolean;
}

export interface Question {
  title: string;
  fields: Field[];
  hints?: string[];
  submit: string;
  /** What to do with the answers; a refusal is shown in the dialog and nothing typed is lost. */
  send: (values: Record<string, string>) => Promise<void>;
  /** Asked even while another question is open, above it. */
  over?: boolean;
}

let asked = 0;

type Input = HTMLInputElement | HTMLSelectElement;

function make(field: Field): { row: HTMLElement; input: Input; fault: HTMLElement } {
  const id = `ask-${field.name}`;
  let input: Input;
  let list: HTMLElement | null = null;
  if (field.options) {
    input = el("select", { id, name: field.name }, ...field.options.map(([value, text]) => el("option", { value }, text)));
    if (field.value !== undefined) input.value = field.value;
  } else {
    input = el("input", { id, name: field.name, type: field.secret ? "password" : "text", maxlength: field.longest ?? 500, autocomplete: field.secret ? "current-password" : "off" });
    input.value = field.value ?? "";
    if (field.suggestions?.length) {
      list = el("datalist", { id: `${id}-list` }, ...field.suggestions.map((value) => el("option", { value })));
      input.setAttribute("list", `${id}-list`);
    }
  }
  input.required = !field.optional;
  const fault = el("p", { class: "ask-fault", id: `${id}-fault`, role: "alert" });
  input.setAttribute("aria-describedby", fault.id);
  return { row: el("div", { class: "field" }, el("label", { for: id }, field.label), input, list, fault), input, fault };
}

/** Ask; the focus goes to the first field, and back to where it was. */
export function ask(question: Question, words: Words): void {
  if (asking() && !question.over) return;
  const title = `ask-title-${(asked += 1)}`;
  const before = document.activeElement;
  let sending = false;
  const fields = question.fields.map(make);
  const hints = (question.hints ?? []).map((hint, index) => el("p", { class: "sub", id: `${title}-hint-${index}` }, hint));
  const fault = el("p", { class: "ask-fault", role: "alert" });
  const send = el("button", { class: "button primary", type: "submit" }, question.submit);
  const cancel = el("button", { class: "button quiet", type: "button" }, words.t("cancel"));
  const form = el(
    "form",
    { method: "dialog", novalidate: true },
    el("h2", { id: title }, question.title),
    ...fields.map((field) => field.row),
    ...hints,
    fault,
    el("div", { class: "ask-foot" }, send, cancel),
  );
  const live = el("div", { class: "visually-hidden", "aria-live": "assertive", "data-live": true });
  const dialog = el("dialog", { class: "ask", "aria-labelledby": title, "aria-describedby": hints.map((hint) => hint.id).join(" ") || null }, form, live);
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    // Where it was asked from is gone or hidden by now: the page itself, not its very start.
    if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  });
  /** Say what is wrong, of one field or of all together; no words: nothing is. */
  const blame = (wrong: (typeof fields)[number] | undefined, text: string): void => {
    for (const field of fields) {
      field.fault.textContent = field === wrong ? text : "";
      field.row.classList.toggle("wrong", field === wrong);
      field.input.setAttribute("aria-invalid", String(field === wrong));
    }
    fault.textContent = wrong ? "" : text;
    wrong?.input.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    const missing = fields.find(({ input }) => input.required && !input.value.trim());
    blame(missing, missing ? words.t("needed") : "");
    if (missing) return;
    sending = true;
    setOff(send, true);
    const values = Object.fromEntries(fields.map(({ input }) => [input.name, input.value.trim()]));
    question
      .send(values)
      .then(() => dialog.close())
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        const about = fields.find(({ input }) => error instanceof Refused && error.field === input.name);
        blame(about, words.t("not_sent", { reason }));
      })
      .finally(() => {
        sending = false;
        setOff(send, false);
      });
  });
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.input.focus();
}

/** Whether a question is open: keys are for its fields then. */
export function asking(): boolean {
  return document.querySelector("dialog[open]") !== null;
}
