// What the camera's analysis sees now, over the newest picture: who stands in which drawn zone, and
// which rules in force are open. Zones are the draft's own: it shows what a drawn zone would hold.

import { el, setText } from "../common/dom";
import { json } from "../common/http";
import { say } from "../common/time";
import type { Canvas } from "./canvas";
import type { Editor } from "./editor";
import type { Point } from "./geometry";
import type { Scene } from "./scene";

export interface Sight {
  at: string | null;
  blind: string;
  people: { track: number; box: [number, number, number, number] }[];
  open: { rule: string; mode: string; level: string; why: string }[];
}

const EVERY_MS = 2000;

/** Whether a point lies in a polygon. */
export function holds(polygon: Point[], [x, y]: Point): boolean {
  let inside = false;
  polygon.forEach(([ax, ay], index) => {
    const [bx, by] = polygon[(index + polygon.length - 1) % polygon.length]!;
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  });
  return inside;
}

/** How many people's feet are in each drawn zone, those with none left out. */
export function inZones(scene: Scene, people: Sight["people"]): [string, number][] {
  const feet = people.map(({ box }): Point => [(box[0] + box[2]) / 2, box[3]]);
  return scene.zones
    .map((zone): [string, number] => [zone.id, feet.filter((foot) => holds(zone.polygon, foot)).length])
    .filter(([, count]) => count > 0);
}

export interface LivePart {
  button: HTMLElement;
  told: HTMLElement;
  off: () => void;
}

/** The switch for the live picture and what is said under it; `begun` hears that it was switched on. */
export function livePart(editor: Editor, canvas: Canvas, begun: () => void): LivePart {
  const { t } = editor.words;
  const told = el("div", { class: "live-told", role: "status" });
  const button = el("button", { type: "button", class: "button quiet small", "aria-pressed": "false", "data-key": "live" }, t("live"));
  let timer = 0;
  const look = async (): Promise<void> => {
    let sight: Sight | null = null;
    try {
      sight = await json<Sight>(editor.given.urls.sight);
      await canvas.load(false);
    } catch (error) {
      told.replaceChildren(el("p", { class: "fault" }, error instanceof Error ? error.message : String(error)));
    }
    if (button.getAttribute("aria-pressed") !== "true") return;
    if (sight) show(sight);
    window.clearTimeout(timer); // switched off and on again meanwhile: still one loop
    timer = window.setTimeout(() => void look(), EVERY_MS);
  };
  const show = (sight: Sight): void => {
    canvas.over(sight.people.map(({ box: [x1, y1, x2, y2] }) => [x1, y1, x2, y2] as const));
    if (!sight.at) return told.replaceChildren(el("p", { class: "sub" }, t("live_nothing")));
    const zones = inZones(editor.scene, sight.people).map(([zone, count]) => `${zone}: ${count}`);
    const line = t("live_people", { time: say(sight.at, editor.given.timezone), count: sight.people.length });
    const open = sight.open.map((one) => el("li", {}, `${one.rule}${one.mode === "shadow" ? ` (${t("live_shadow")})` : ""}: ${one.why}`));
    told.replaceChildren(
      el("p", {}, [line, ...zones].join(" · ")),
      ...(sight.blind ? [el("p", { class: "fault" }, t("live_blind"))] : []),
      ...(open.length ? [el("p", {}, t("live_open")), el("ul", {}, ...open)] : [el("p", { class: "sub" }, t("live_quiet"))]),
      el("p", { class: "sub" }, t("live_why")),
    );
  };
  const off = (): void => {
    button.setAttribute("aria-pressed", "false");
    window.clearTimeout(timer);
    canvas.over([]);
    setText(told, "");
  };
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    off();
    if (!on) return;
    begun();
    button.setAttribute("aria-pressed", "true");
    void look();
  });
  return { button, told, off };
}
