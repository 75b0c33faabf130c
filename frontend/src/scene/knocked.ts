// A camera that was knocked a little: rules judge by where what is drawn lies now, and the editor
// shows it where it was drawn. Taken along it goes into the draft alone, as any other change.

import { el } from "../common/dom";
import type { Editor } from "./editor";
import * as model from "./scene";

/** Say what lies elsewhere, and offer to draw it there; `taken` is told the reason to keep. */
export function knockedPanel(editor: Editor, taken: (reason: string) => void): HTMLElement {
  const { t } = editor.words;
  const place = el("div", { class: "knocked" });
  const lies = editor.given.lies;
  const drawn = editor.saved; // of when `lies` was said: what is saved later is drawn where it lies
  if (!lies.length) return place;
  const names = [...new Set(lies.map((one) => editor.name(one)))].join(", ");
  const box = el("div", { class: "notice proposal" }, el("p", {}, t("knocked", { names })), el("p", { class: "sub" }, t("knocked_help")));
  if (floors(drawn, lies)) box.append(el("p", {}, t("knocked_floors")));
  const take = el("button", { type: "button", class: "button small" }, t("knocked_take"));
  take.addEventListener("click", () => {
    box.remove();
    taken(t("knocked_reason"));
    editor.change(along(editor.scene, drawn, lies));
  });
  box.append(take);
  place.append(box);
  return place;
}

/** Whether a zone whose water is watched lies elsewhere: drawn anew, what it shows then counts as dry. */
function floors(drawn: model.Scene, lies: model.Lies[]): boolean {
  const zones = lies.filter((one) => one.kind === "zones").map((one) => drawn.zones[one.index]?.id);
  return drawn.gauges.some((gauge) => typeof gauge["zone"] === "string" && zones.includes(gauge["zone"]));
}

/** Return a draft with what lies elsewhere drawn there, but for what was moved or removed since `drawn`. */
export function along(draft: model.Scene, drawn: model.Scene, lies: model.Lies[]): model.Scene {
  return lies.reduce((scene, one) => {
    const [before, now] = [model.polygonOf(drawn, one), model.polygonOf(scene, one)];
    const untouched = JSON.stringify(before) === JSON.stringify(now);
    return untouched && now.length === one.points.length ? model.withPolygon(scene, one, one.points) : scene;
  }, draft);
}
