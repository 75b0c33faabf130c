// The zone editor: picture on the left, what is drawn and ruled on the right.

import { data, el, icon, need, setOff, setText } from "../common/dom";
import { json, Refused } from "../common/http";
import { signInAgain } from "../common/session";
import { sayFull } from "../common/time";
import { reader } from "../common/words";
import { Canvas } from "./canvas";
import { Editor } from "./editor";
import { lead, standing, takeUp } from "./focus";
import type { SceneData } from "./given";
import { inputsPanel } from "./inputs";
import { knockedPanel } from "./knocked";
import { proposalPanel } from "./proposals";
import { Replays } from "./replay";
import { rulesPanel } from "./rules";
import * as model from "./scene";
import { untouched } from "./placed";
import { placeOf } from "./places";
import { shapesPanel } from "./shapes";
import { merged } from "./diff";
import { livePart, type LivePart } from "./live";
import { templatesPanel } from "./templates";
import { conflictPanel, versionButtons, versionOf } from "./versions";
import { videoPart, type VideoPart } from "./video";

const TABS = ["shapes", "rules", "inputs", "templates", "json"] as const;
type Tab = (typeof TABS)[number];
const SAVED = "davy.scene.saved"; // what is said once the page was loaded anew

const given = data<SceneData>("scene-data");
const words = reader(given.strings);
const { t } = words;
const editor = new Editor(given, words);
const canvas = new Canvas(editor);
const replays = new Replays(editor);
let version = given.version;
let tab: Tab = "shapes";
let byHand = false;
let saving = false;
let sought = ""; // the path of a fault whose field is to have the focus
let listed = false; // faults stand below the form: they go when they are put right

// ---- parts that stay -----------------------------------------------------------------------

const undo = el("button", { type: "button", class: "button small", click: () => editor.undo() }, icon("undo"), t("undo"));
const redo = el("button", { type: "button", class: "button quiet small", click: () => editor.redo() }, t("redo"));
const fresh = el("button", { type: "button", class: "button quiet small", click: () => void canvas.load() }, t("new_frame"));
const unsaved = el("span", { class: "sub", hidden: true }, t("unsaved"));
// Boxes of two seconds ago would lie beside who moves in the video: one or the other.
const video: VideoPart = videoPart(editor, canvas, () => live.off());
const live: LivePart = livePart(editor, canvas, () => video.off());
const tools = el("div", { class: "editor-tools" }, undo, redo, fresh, live.button, video.button, unsaved);

const tabs = TABS.map((name) =>
  el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "editor-panel", click: () => openTab(name) }, t(name)),
);
const tabList = el("div", { class: "tabs", role: "tablist" }, ...tabs);
const panel = el("div", { class: "side", role: "tabpanel", id: "editor-panel" });

const reason = el("input", { type: "text", id: "reason", maxlength: 300, autocomplete: "off" });
const saveButton = el("button", { type: "submit", class: "button primary" }, t("save"));
const outcome = el("div", { role: "status" });
const panelOf = el("div", {}); // where a choice between two people's versions is put
const save = el(
  "form",
  { class: "card save" },
  el("div", { class: "field" }, el("label", { for: "reason" }, t("reason")), reason, el("p", { class: "help" }, t("reason_help"))),
  saveButton,
  outcome,
  panelOf,
);
save.addEventListener("submit", (event) => {
  event.preventDefault();
  void publish();
});

/** Open the rule's form, where it is replayed, with the reason for its change. */
function proposed(why: string): void {
  tab = "rules";
  if (!reason.value) reason.value = why;
}

/** Show what was taken along, with the reason for its change. */
function takenAlong(why: string): void {
  tab = "shapes";
  if (!reason.value) reason.value = why;
}

const left = el("div", {}, knockedPanel(editor, takenAlong), proposalPanel(editor, proposed), tools, canvas.place, video.told, live.told, el("p", { class: "sub" }, t("help")));
const right = el("div", { class: "side" });
need("editor").replaceChildren(el("div", { class: "editor-grid" }, left, right));

// ---- drawing --------------------------------------------------------------------------------

function openTab(name: Tab): void {
  tab = name;
  render();
  document.getElementById(`tab-${name}`)?.focus();
}

function isEmpty(): boolean {
  return model.LISTS.every((list) => !editor.scene[list].length);
}

function start(): HTMLElement[] {
  const hand = (): void => {
    byHand = true;
    openTab("shapes");
  };
  return [
    el("h2", {}, t("empty_title")),
    el("p", { class: "sub" }, t("empty_text")),
    ...templatesPanel(editor, toShapes),
    el("button", { type: "button", class: "button quiet", click: hand }, t("by_hand")),
  ];
}

/** Show what a template put in, unless another tab was opened meanwhile. */
function toShapes(): void {
  if (tab === "templates") tab = "shapes";
}

function parts(): HTMLElement[] {
  if (tab === "rules") return rulesPanel(editor, replays);
  if (tab === "inputs") return inputsPanel(editor);
  if (tab === "templates") return templatesPanel(editor, toShapes);
  return tab === "json" ? jsonPanel() : shapesPanel(editor);
}

function jsonPanel(): HTMLElement[] {
  const text = el("textarea", { class: "json", spellcheck: "false", "aria-label": t("json") });
  text.value = JSON.stringify(editor.scene, null, 1);
  const fault = el("p", { class: "fault", role: "alert" });
  const use = (): void => {
    try {
      const found = JSON.parse(text.value) as model.Scene;
      if (typeof found !== "object" || !model.LISTS.every((list) => Array.isArray(found[list] ?? []))) throw new TypeError(t("json_shape"));
      editor.chosen = null;
      editor.change(model.whole(found));
    } catch (error) {
      setText(fault, t("json_bad", { reason: error instanceof Error ? error.message : String(error) }));
    }
  };
  return [el("p", { class: "sub" }, t("json_help")), text, fault, el("button", { type: "button", class: "button", click: use }, t("json_use"))];
}

/** Draw the right side anew and give the focus back to the field that had it. */
function render(): void {
  setOff(undo, !editor.history.canUndo);
  setOff(redo, !editor.history.canRedo);
  unsaved.hidden = !editor.dirty;
  setOff(saveButton, !editor.dirty || saving);
  const empty = isEmpty() && !editor.scene.ground && !byHand && !editor.dirty;
  tabs.forEach((button) => {
    const on = button.id === `tab-${tab}`;
    button.setAttribute("aria-selected", String(on));
    button.tabIndex = on ? 0 : -1;
  });
  const active = document.activeElement as HTMLElement | null;
  const inPanel = active !== null && panel.contains(active);
  const held = inPanel ? standing(active) : null;
  const opened = [...panel.querySelectorAll<HTMLDetailsElement>("details[open]")].map((one) => one.dataset["more"]);
  const now = empty ? start() : parts();
  panel.setAttribute("aria-labelledby", `tab-${tab}`);
  panel.replaceChildren(...now);
  for (const one of panel.querySelectorAll<HTMLDetailsElement>("details")) if (opened.includes(one.dataset["more"])) one.open = true;
  const shown = empty ? [panel] : [tabList, panel, save];
  if (right.firstChild !== shown[0]) right.replaceChildren(...shown);
  if (held !== null && !takeUp(panel, held)) (empty ? null : document.getElementById(`tab-${tab}`))?.focus();
  if (sought) lead(panel, sought);
  sought = "";
  if (listed && !editor.faults.length) {
    listed = false;
    outcome.className = "";
    outcome.replaceChildren();
  }
  refusals(editor.refused.filter((one) => !/^(template|answers|names)/.test(one.path)));
}

/** Whether somebody is typing in a field: what stands in it is not in the document yet. */
function isTyping(): boolean {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || !panel.contains(field)) return false;
  if (field.type === "checkbox") return false; // nothing is typed into a box to tick
  return field.value !== field.defaultValue || field.validity.badInput;
}

// What a field has told, and what is a value, is no longer being typed.
panel.addEventListener("change", ({ target }) => {
  if ((target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) && target.validity.valid) target.defaultValue = target.value;
});

// Forms are drawn anew only when a key press has moved the focus, a click has found its button, and
// what is being typed has been told: half a number would be lost, or taken for the whole.
let pointerDown = false;
let waiting = 0;

function renderSoon(): void {
  const busy = (): boolean => pointerDown || isTyping();
  window.clearTimeout(waiting);
  waiting = window.setTimeout(() => (busy() ? renderSoon() : render()), busy() ? 30 : 0);
}

document.addEventListener("pointerdown", () => (pointerDown = true), true);
for (const end of ["pointerup", "pointercancel"] as const)
  document.addEventListener(end, () => window.setTimeout(() => (pointerDown = false), 0), true);

tabList.addEventListener("keydown", (event) => {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (!step) return;
  openTab(TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]!);
});

function say(text: string, bad: boolean): void {
  listed = false;
  outcome.className = bad ? "fault" : "notice good";
  setText(outcome, text);
}

// ---- saving ---------------------------------------------------------------------------------

interface Published {
  version: number;
  created_at: string;
  reason: string;
}

async function publish(): Promise<void> {
  if (!editor.dirty || saving) return;
  const own = editor.faults.filter((fault) => !editor.refused.includes(fault));
  if (own.length) {
    refusals(own, t("fix_first"));
    return;
  }
  const left = untouched(editor.scene, editor.placed);
  if (left.length && !window.confirm(t("untouched", { names: left.join(", ") }))) return;
  editor.placed.clear(); // asked once
  saving = true;
  setOff(saveButton, true);
  setText(saveButton, t("saving"));
  try {
    const sent = editor.scene;
    const made = await send(sent);
    if (!made) return;
    version = made.version;
    editor.saved = sent;
    editor.refused = [];
    reason.value = "";
    say(t("saved", { version: made.version }), false);
    list(made);
  } catch (error) {
    if (error instanceof Refused && error.status === 409) await conflict(error);
    else if (error instanceof Refused && error.status === 401) askPassword();
    else if (error instanceof Refused) point(error);
    else say(t("refused", { reason: error instanceof Error ? error.message : String(error) }), true);
  } finally {
    saving = false;
    setText(saveButton, t("save"));
    editor.tell();
  }
}

/** Ask for the password over what is drawn, and save it then. */
function askPassword(): void {
  say(t("refused", { reason: t("session_title") }), true);
  signInAgain(given.urls.login, given.me, words, () => void publish());
}

/** Send a document; where a life-critical rule would stop protecting, only after a yes. */
async function send(sent: model.Scene): Promise<Published | null> {
  const body = { document: sent, reason: reason.value, base: version };
  try {
    return await json<Published>(given.urls.scene, "PUT", body);
  } catch (error) {
    if (!(error instanceof Refused) || error.field !== "disarm") throw error;
    if (!reason.value.trim()) {
      reason.focus();
      throw error;
    }
    if (!window.confirm(t("disarm", { reason: error.message }))) return null;
    return json<Published>(given.urls.scene, "PUT", { ...body, disarm: true });
  }
}

/** Somebody else saved meanwhile: show what, and let the one who is here choose. */
async function conflict(refused: Refused): Promise<void> {
  const theirs = await versionOf(editor);
  say(refused.message, true);
  const over = (choice: "theirs" | "merged" | "mine"): void => {
    const now = model.whole(theirs.document);
    const base = editor.saved;
    version = theirs.version;
    editor.saved = now;
    editor.chosen = null;
    if (choice === "theirs") editor.change(now);
    else if (choice === "merged") editor.change(merged(base, editor.scene, now).scene);
    panelOf.replaceChildren();
    say(t(choice === "theirs" ? "conflict_taken" : "conflict_look"), false);
    editor.tell();
  };
  const shown = conflictPanel(editor, theirs, editor.saved, over);
  panelOf.replaceChildren(shown);
  shown.focus();
}

/** Say every fault; each leads to what it is about. */
function refusals(all: model.Fault[], head = all.length > 1 ? t("refused_all", { count: all.length }) : t("refused", { reason: "" })): void {
  if (!all.length) return;
  say(head, true);
  const line = (fault: model.Fault): HTMLElement =>
    el("li", {}, el("button", { type: "button", class: "button quiet small", "data-refused": fault.path, click: () => (show(fault.path), (sought = fault.path), editor.tell()) }, fault.path ? `${placeOf(editor.scene, given.hazards, fault.path, t)}: ${fault.text}` : fault.text));
  listed = true;
  outcome.append(el("ul", { class: "refusals" }, ...all.map(line)));
}

/** Show the server's faults beside what they are about. */
function point(error: Refused): void {
  editor.refused = error.all.map(({ field, message }) => ({ path: field.replace(/^document\./, ""), text: message }));
  show(editor.refused[0]?.path ?? "");
}

/** Open what a path is about. */
function show(path: string): void {
  const [, kind, index] = /^(zones|masks|machines|gauges|lines|inputs|shifts|rules)\[(\d+)\]/.exec(path) ?? [];
  if (kind === "rules") tab = "rules";
  else if (kind === "inputs" || kind === "shifts") tab = "inputs";
  else if (kind === "zones" || kind === "masks" || kind === "machines" || kind === "gauges" || kind === "lines") {
    tab = "shapes";
    editor.chosen = { kind, index: Number(index) };
  } else if (path.startsWith("ground")) {
    tab = "shapes";
    editor.chosen = { kind: "ground", index: 0 };
  }
}

function list(made: Published): void {
  const body = document.getElementById("versions");
  if (!body || location.search) { // none yet, or filtered and sorted by the address
    sessionStorage.setItem(SAVED, String(made.version));
    location.reload();
    return;
  }
  body.querySelector("td .sub")?.remove();
  const row = el(
      "tr",
      { "data-version": made.version },
      el("td", {}, String(made.version), " ", el("span", { class: "sub" }, t("in_force"))),
      el("td", {}, sayFull(made.created_at, given.timezone)),
      el("td", {}, t("you")),
      el("td", {}, made.reason || "–"),
  );
  versionButtons(editor, row, made.version, backTo);
  body.prepend(row);
}

function backTo(old: number): void {
  if (!reason.value) reason.value = t("back_reason", { version: old });
  say(t("back_look", { version: old }), false);
  reason.focus();
}

window.addEventListener("beforeunload", (event) => {
  if (editor.dirty) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  if ((event.target as HTMLElement).closest("textarea, input[type=text], dialog")) return;
  event.preventDefault();
  if (event.shiftKey) editor.redo();
  else editor.undo();
});
for (const row of document.querySelectorAll<HTMLTableRowElement>("#versions tr[data-version]")) versionButtons(editor, row, Number(row.dataset["version"]), backTo);
editor.watch(renderSoon);
render();
if (sessionStorage.getItem(SAVED) === String(version)) {
  say(t("saved", { version }), false);
  saveButton.focus();
}
sessionStorage.removeItem(SAVED);
