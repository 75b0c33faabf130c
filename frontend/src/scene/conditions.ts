// The condition of a rule as a form: machines, inputs, other rules and times, joined by all, one of
// and not. Each part goes on from what holds when it is changed (`now`), as rows do.

import { el } from "../common/dom";
import type { Editor } from "./editor";
import { choiceField } from "./fields";
import { severalField, small } from "./rows";
import type { Scene } from "./scene";
import { spanRows, type Span } from "./special";

/** One condition; which key it has says what it is. */
export type Test =
  | { all: Test[] }
  | { any: Test[] }
  | { not: Test }
  | { schedule: Span[] }
  | { machine: string; running: boolean }
  | { input: string; is: string[] }
  | { rule: string; open: boolean };

// The server takes no more conditions within conditions (workers/when.py).
const DEPTH = 8;
const GROUPS = ["all", "any", "not"] as const;

/** What a condition is, as the picker names it: `machine winch-1`, `all`, `schedule`. */
export function codeOf(test: Test): string {
  if ("machine" in test) return `machine ${test.machine}`;
  if ("input" in test) return `input ${test.input}`;
  if ("rule" in test) return `rule ${test.rule}`;
  return Object.keys(test)[0] ?? "";
}

/** The parts of a group; nothing in a condition that has none. */
export function partsOf(test: Test): Test[] {
  if ("all" in test) return test.all;
  if ("any" in test) return test.any;
  return "not" in test ? [test.not] : [];
}

/** A group of a kind around parts: “not” takes one, so several of them are all of them together. */
export function group(kind: "all" | "any" | "not", parts: Test[]): Test {
  if (kind === "all") return { all: parts };
  if (kind === "any") return { any: parts };
  return { not: parts.length === 1 ? parts[0]! : { all: parts } };
}

/** The condition that a choice of the picker begins with; a group keeps what stood there within. */
export function chosen(code: string, before: Test, scene: Scene): Test {
  const kind = GROUPS.find((one) => one === code);
  if (kind) return group(kind, partsOf(before).length ? partsOf(before) : [before]);
  if (code === "schedule") return "schedule" in before ? before : { schedule: [{ from: "06:00", to: "14:00" }] };
  const at = code.indexOf(" ");
  const [word, id] = [code.slice(0, at), code.slice(at + 1)];
  if (word === "machine") return { machine: id, running: true };
  if (word === "rule") return { rule: id, open: true };
  const states = scene.inputs.find((one) => one.id === id)?.states ?? [];
  return { input: id, is: states.slice(0, 1) };
}

/** What a new condition begins with: the first thing of the scene that there is, else a time. */
export function first(scene: Scene, rule: string): Test {
  const state = scene.inputs.find((one) => one.kind === "state");
  const other = scene.rules.find((one) => one.id !== rule);
  if (scene.machines[0]) return { machine: scene.machines[0].id, running: true };
  if (state) return chosen(`input ${state.id}`, { schedule: [] }, scene);
  return other ? { rule: other.id, open: true } : { schedule: [{ from: "06:00", to: "14:00" }] };
}

/** The same condition and one more: beside it both must hold. */
export function added(test: Test | undefined, more: Test): Test {
  if (!test) return more;
  if ("any" in test) return { any: [...test.any, more] };
  return { all: "all" in test ? [...test.all, more] : [test, more] };
}

/** The same condition with another part, or without it; nothing where no part is left. */
export function withPart(test: Test, at: number, next: Test | undefined): Test | undefined {
  const kind = GROUPS.find((one) => one in test);
  if (!kind) return test;
  const parts = partsOf(test).flatMap((part, other) => (other !== at ? [part] : next ? [next] : []));
  return parts.length ? group(kind, parts) : undefined;
}

/** Whether a value of the document is a condition that this form can show. */
export function isTest(value: unknown, depth = 0): value is Test {
  if (typeof value !== "object" || value === null || depth > DEPTH) return false;
  const one = value as Record<string, unknown>;
  for (const key of ["all", "any"]) if (key in one) return Array.isArray(one[key]) && one[key].every((part) => isTest(part, depth + 1));
  if ("not" in one) return isTest(one["not"], depth + 1);
  if ("schedule" in one) return Array.isArray(one["schedule"]);
  if ("input" in one) return typeof one["input"] === "string" && Array.isArray(one["is"]);
  return typeof one["machine"] === "string" || typeof one["rule"] === "string";
}

interface Row {
  path: string;
  rule: string;
  depth: number;
  now: () => Test;
  change: (test: Test | undefined) => void;
}

/** A rule's condition; without one it is always in force. */
export function conditionField(editor: Editor, about: { path: string; rule: string; now: () => Test | undefined; change: (test: Test | undefined) => void }): HTMLElement {
  const { t } = editor.words;
  const test = about.now();
  const fault = editor.faultAt(about.path);
  const more = (): void => about.change(added(about.now(), first(editor.scene, about.rule)));
  return el(
    "fieldset",
    { class: fault ? "rows wrong" : "rows" },
    el("legend", {}, t("when_label")),
    el("p", { class: "help" }, t("when_help")),
    fault && el("p", { class: "fault", role: "alert" }, fault.text),
    test && conditionRow(editor, { path: about.path, rule: about.rule, depth: 0, now: () => about.now() ?? test, change: about.change }),
    // A group has a button of its own.
    !(test && ("all" in test || "any" in test)) && small(`${about.path}-add`, t("when_add"), more),
  );
}

function conditionRow(editor: Editor, row: Row): HTMLElement {
  const { t, code } = editor.words;
  const test = row.now();
  const kind = GROUPS.find((one) => one in test);
  const { scene } = editor;
  const choices: [string, string][] = [
    ...scene.machines.map((one): [string, string] => [`machine ${one.id}`, `${t("machine")} ${one.id}`]),
    ...scene.inputs.filter((one) => one.kind === "state").map((one): [string, string] => [`input ${one.id}`, `${t("input")} ${one.id}`]),
    ...scene.rules.filter((one) => one.id !== row.rule).map((one): [string, string] => [`rule ${one.id}`, `${t("when_rule")} ${one.id}`]),
    ["schedule", t("when_times")],
    ...(row.depth < DEPTH ? GROUPS.map((one): [string, string] => [one, code("when_groups", one)]) : []),
  ];
  const key = kind ?? codeOf(test).split(" ")[0]!;
  const fault = row.depth ? editor.faultAt(row.path) : undefined;
  return el(
    "div",
    { class: kind ? "need group" : "need" },
    fault && el("p", { class: "fault", role: "alert" }, fault.text),
    choiceField(editor, {
      label: t("when_what"), path: `${row.path}.${key}`, key: `${row.path}.what`, own: true, value: codeOf(test), choices,
      change: (found) => row.change(chosen(found, row.now(), scene)),
    }),
    ...leaf(editor, row, test),
    small(`${row.path}-remove`, "×", () => row.change(undefined), t("when_remove")),
    kind && el("div", { class: "parts" }, ...partRows(editor, row, kind)),
  );
}

function partRows(editor: Editor, row: Row, kind: "all" | "any" | "not"): HTMLElement[] {
  const { t } = editor.words;
  const parts = partsOf(row.now());
  const rows = parts.map((part, at) =>
    conditionRow(editor, {
      ...row,
      path: `${row.path}.${kind}${kind === "not" ? "" : `[${at}]`}`,
      depth: row.depth + 1,
      now: () => partsOf(row.now())[at] ?? part,
      change: (next) => row.change(withPart(row.now(), at, next)),
    }),
  );
  const more = (): void => row.change(added(row.now(), first(editor.scene, row.rule)));
  return kind === "not" ? rows : [...rows, small(`${row.path}-add`, t("when_add"), more)];
}

/** What a single condition asks of its thing. */
function leaf(editor: Editor, row: Row, test: Test): HTMLElement[] {
  const { t } = editor.words;
  const yesOrNo = (key: "running" | "open", value: boolean, yes: string, no: string): HTMLElement =>
    choiceField(editor, {
      label: t("when_is"), path: `${row.path}.${key}`, value: String(value), choices: [["true", t(yes)], ["false", t(no)]],
      change: (found) => row.change({ ...row.now(), [key]: found === "true" } as Test),
    });
  if ("machine" in test) return [yesOrNo("running", test.running, "step_runs", "step_stands")];
  if ("rule" in test) return [yesOrNo("open", test.open, "when_open", "when_closed")];
  if ("schedule" in test) {
    const now = (): Span[] => {
      const found = row.now();
      return "schedule" in found ? found.schedule : test.schedule;
    };
    return [el("div", { class: "parts" }, ...spanRows(editor, `${row.path}.schedule`, now, (spans) => row.change(spans ? { schedule: spans } : undefined)))];
  }
  if (!("input" in test)) return [];
  const input = editor.scene.inputs.find((one) => one.id === test.input);
  const now = (): string[] => {
    const found = row.now();
    return "input" in found ? found.is : test.is;
  };
  return [severalField(editor, { label: t("step_is"), help: "", path: `${row.path}.is`, now, items: input?.states ?? [], change: (is) => row.change({ input: test.input, is }) })];
}
