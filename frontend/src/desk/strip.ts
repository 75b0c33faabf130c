// The strip of a procedure's steps: what was done, when, and what was not; a word beside every sign.

import { el, icon } from "../common/dom";
import { say } from "../common/time";
import type { Words } from "../common/words";
import type { Alarm } from "./state";

/** A step as the analysis tells it; times are Unix seconds. */
interface Step {
  id: string;
  name: string;
  state: string;
  actor?: string;
  t?: number;
  until_t?: number;
}

/** Fill the panel of an alarm's procedure; it is hidden where there is none. */
export function fillStrip(place: HTMLElement, alarm: Alarm, words: Words): void {
  const { t } = words;
  const steps = rows(alarm.values["steps"]);
  const forbidden = rows(alarm.values["forbidden"]);
  place.hidden = !steps.length;
  const key = JSON.stringify([steps, forbidden]);
  if (place.dataset["key"] === key) return;
  place.dataset["key"] = key;
  place.replaceChildren(
    el("h3", {}, t("strip")),
    el("ol", { class: "strip" }, ...steps.map((step) => item(step, alarm.timezone, words))),
    ...(forbidden.length ? [el("p", { class: "sub" }, t("strip_forbidden")), el("ol", { class: "strip" }, ...forbidden.map((step) => item(step, alarm.timezone, words)))] : []),
  );
}

function rows(value: unknown): Step[] {
  return Array.isArray(value) ? (value as Step[]) : [];
}

function item(step: Step, zone: string, { t, code }: Words): HTMLElement {
  const moment = (unix_s: number): string => say(unix_s * 1000, zone);
  return el(
    "li",
    { class: `strip-step ${step.state}` },
    icon(code("step_icon", step.state)),
    el("span", { class: "strip-name" }, step.name, step.actor && el("span", { class: "sub" }, ` ${step.actor}`)),
    el(
      "span",
      { class: "strip-state" },
      el("strong", {}, code("step_state", step.state)),
      step.t !== undefined ? ` ${moment(step.t)}` : step.until_t !== undefined && el("span", { class: "sub" }, ` ${t("strip_until", { time: moment(step.until_t) })}`),
    ),
  );
}
