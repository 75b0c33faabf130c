// Rules whose alarms come and go: a longer wait is proposed. Taking it up only fills the draft; it is
// replayed and saved by whoever sets the mine up.

import { el } from "../common/dom";
import type { Editor } from "./editor";

/** Show what is proposed; `taken` is told the reason to keep with the version. */
export function proposalPanel(editor: Editor, taken: (reason: string) => void): HTMLElement {
  const { t } = editor.words;
  const place = el("div", { class: "proposals" });
  for (const one of editor.given.proposals) {
    const at = editor.scene.rules.findIndex((rule) => rule.id === one.rule);
    if (at < 0) continue;
    const facts = { rule: one.rule, alarms: one.alarms, changes: one.changes, within: one.within_s, now: one.now_s, seconds: one.sustain_s };
    const box = el("div", { class: "notice proposal" }, el("p", {}, t("proposal", facts)), el("p", { class: "sub" }, t("proposal_help")));
    const take = el("button", { type: "button", class: "button small" }, t("proposal_take"));
    take.addEventListener("click", () => {
      const rules = editor.scene.rules.map((rule) => (rule.id === one.rule ? { ...rule, sustain_s: one.sustain_s } : rule));
      box.remove();
      taken(t("proposal_reason", facts));
      editor.change({ ...editor.scene, rules });
    });
    box.append(take);
    place.append(box);
  }
  return place;
}
