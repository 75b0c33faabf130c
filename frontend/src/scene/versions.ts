// Versions: what changed in each, the way back to one, and what to do when two people save.

import { el } from "../common/dom";
import { json, Refused } from "../common/http";
import { sayFull } from "../common/time";
import { changes, merged, type Change } from "./diff";
import type { Editor } from "./editor";
import { whole, type Scene } from "./scene";

export interface Version {
  version: number;
  document: Partial<Scene>;
  reason: string;
  author_name?: string;
  created_at?: string;
}

export function versionOf(editor: Editor, version?: number): Promise<Version> {
  const { scene } = editor.given.urls;
  return json<Version>(version === undefined ? scene : `${scene}?version=${version}`);
}

/** Changes in words, one line each. */
export function changeList(editor: Editor, found: Change[]): HTMLElement {
  const { t, code } = editor.words;
  if (!found.length) return el("p", { class: "sub" }, t("diff_none"));
  const line = (change: Change): HTMLElement => {
    const what = change.list ? `${code("diff_things", change.list)} ${change.id}` : code("diff_things", change.id);
    const details = change.details.map((one) => (one.from === undefined ? one.key : `${one.key}: ${one.from} → ${one.to}`)).join("; ");
    return el("li", { class: `diff ${change.kind}` }, t(`diff_${change.kind}`, { what }), details && el("span", { class: "sub" }, ` ${details}`));
  };
  return el("ul", { class: "diffs" }, ...found.map(line));
}

/** Give each version in the table its buttons: what changed in it, and back to it. */
export function versionButtons(editor: Editor, row: HTMLTableRowElement, version: number, back: (version: number) => void): void {
  const { t } = editor.words;
  const shown = el("div", { class: "version-diff", "aria-live": "polite" });
  const open = async (): Promise<void> => {
    if (shown.firstChild) return shown.replaceChildren();
    try {
      const [now, before] = await Promise.all([versionOf(editor, version), version > 1 ? versionOf(editor, version - 1) : null]);
      shown.replaceChildren(changeList(editor, changes(whole(before?.document ?? {}), whole(now.document))));
    } catch (error) {
      shown.replaceChildren(el("p", { class: "fault", role: "alert" }, error instanceof Error ? error.message : String(error)));
    }
  };
  const load = async (): Promise<void> => {
    try {
      const { document } = await versionOf(editor, version);
      editor.chosen = null;
      editor.change(whole(document));
      back(version);
    } catch (error) {
      shown.replaceChildren(el("p", { class: "fault", role: "alert" }, error instanceof Refused ? error.message : String(error)));
    }
  };
  const about = { type: "button", class: "button quiet small" };
  row.append(
    el(
      "td",
      {},
      el("div", { class: "line" }, el("button", { ...about, title: t("diff_of", { version }), click: () => void open() }, t("diff_show")), el("button", { ...about, title: t("back_to", { version }), click: () => void load() }, t("back_load"))),
      shown,
    ),
  );
}

/** Somebody else saved: what they changed, what both changed, and the ways to go on. */
export function conflictPanel(editor: Editor, theirs: Version, base: Scene, over: (choice: "theirs" | "merged" | "mine") => void): HTMLElement {
  const { t } = editor.words;
  const now = whole(theirs.document);
  const { both } = merged(base, editor.scene, now);
  const button = (choice: "theirs" | "merged" | "mine", kind: string): HTMLElement => el("button", { type: "button", class: `button ${kind}`, click: () => over(choice) }, t(`conflict_${choice}`));
  return el(
    "div",
    { class: "card conflict", role: "alert", tabindex: -1 },
    el("h3", {}, t("conflict_title", { version: theirs.version, who: theirs.author_name || "–", time: theirs.created_at ? sayFull(theirs.created_at, editor.given.timezone) : "" })),
    theirs.reason && el("p", {}, theirs.reason),
    el("h4", {}, t("conflict_changed")),
    changeList(editor, changes(base, now)),
    both.length > 0 && el("h4", {}, t("conflict_both")),
    both.length > 0 && changeList(editor, both),
    el("div", { class: "line" }, button("merged", "primary"), button("theirs", ""), button("mine", "quiet")),
  );
}
