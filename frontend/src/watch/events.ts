// The alarms and gaps of the shown stretch of time as a list, in words, for whoever cannot or will
// not aim at a line a few pixels wide.

import { el, icon, redraw } from "../common/dom";
import { say } from "../common/time";
import type { Words } from "../common/words";
import type { CameraGiven, Found, GapFound } from "./config";

const MOST = 12;

interface Options {
  words: Words;
  alarmUrl: string;
  now: () => number;
  many: boolean;
  cause: (gap: GapFound) => string;
  onSeek: (at: number) => void;
}

/** Fill the list, newest first. */
export function fillEvents(host: HTMLElement, rows: { camera: CameraGiven; found: Found | null }[], options: Options): void {
  const { t, code } = options.words;
  const items = rows.flatMap(({ camera, found }) => {
    if (!found) return [];
    const when = (at: number): string => say(at * 1000, camera.timezone, options.now() * 1000);
    const name = options.many ? ` · ${camera.name}` : "";
    const alarms = found.alarms.map((alarm) => ({
      at: alarm.since,
      node: el(
        "li",
        { class: "watch-event" },
        el("span", { class: `severity ${alarm.severity}` }, icon(alarm.severity), code("severity", alarm.severity)),
        el("span", {}, `${when(alarm.since)} · ${alarm.title}${name}`, el("br"), el("span", { class: "sub" }, alarm.why)),
        here(alarm.since - 3),
        el("a", { href: options.alarmUrl.replace("/0/", `/${alarm.id}/`) }, t("to_alarm")),
      ),
    }));
    const gaps = found.gaps.map((gap) => ({
      at: gap.since,
      node: el(
        "li",
        { class: "watch-event" },
        el("span", { class: "watch-gap-word" }, icon("eye-off")),
        el(
          "span",
          {},
          gap.until >= found.until - 0.5
            ? t("gap_open", { since: when(gap.since) })
            : t("gap", { since: when(gap.since), until: when(gap.until) }),
          name,
          el("br"),
          el("span", { class: "sub" }, options.cause(gap)),
        ),
        here(gap.since - 3),
      ),
    }));
    return [...alarms, ...gaps];
  });
  items.sort((a, b) => b.at - a.at);
  const shown = items.slice(0, MOST).map((item) => item.node);
  if (items.length > MOST) shown.push(el("li", { class: "sub" }, t("more_events", { count: items.length - MOST })));
  if (!items.length) shown.push(el("li", { class: "sub" }, t("no_events")));
  redraw(host, shown);

  function here(at: number): HTMLElement {
    return el("button", { class: "button small quiet", type: "button", "data-at": at, click: () => options.onSeek(at) }, icon("now"), t("from_here"));
  }
}
