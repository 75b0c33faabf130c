// The chosen alarm in the middle. Its parts are made once and then only filled anew, so that
// nothing moves while somebody reads or aims at a button.

import { el, icon, setText, svg } from "../common/dom";
import { json } from "../common/http";
import { say, sayAge, sayRunning } from "../common/time";
import { at, type Tools } from "./config";
import { Clips } from "./clips";
import { Loop } from "./loop";
import { fillStrip } from "./strip";
import { machineOf, standing, title, unanswered, type Alarm } from "./state";
import { Verbs, type VerbOptions } from "./verbs";

interface Step {
  cause: string;
  at: string;
  actor: string | null;
  desk: string;
  note: string;
  detail: { whom?: string; to?: string; unwatched?: string };
}

export interface DetailOptions extends VerbOptions {
  mayWatch: (alarm: Alarm) => boolean;
  /** Whether the alarm, or a step of its ladder, called nobody. */
  uncalled: (alarm: Alarm) => boolean;
}

export class Detail {
  private alarm: Alarm | null = null;
  private parts: ReturnType<Detail["make"]> | null = null;
  private stepsKey = "";
  private readonly verbs: Verbs;

  constructor(
    private readonly place: HTMLElement,
    private readonly tools: Tools,
    private readonly options: DetailOptions,
  ) {
    this.verbs = new Verbs(tools, options);
  }

  get id(): number | null {
    return this.alarm?.id ?? null;
  }

  /** Show that nothing needs an answer, and what is being watched. */
  calm(title: string, text: string, doubt: boolean): void {
    this.alarm = null;
    this.parts = null;
    const key = `${title}|${text}|${doubt}`;
    if (this.place.dataset["calm"] === key) return;
    this.place.dataset["calm"] = key;
    const kind = doubt ? "calm doubt" : "calm";
    this.put(el("div", { class: kind }, icon(doubt ? "eye-off" : "check"), el("h2", {}, title), el("p", {}, text)));
  }

  show(alarm: Alarm): void {
    if (this.alarm === alarm && this.parts) return; // every change makes a new object
    if (this.alarm?.id !== alarm.id || !this.parts) {
      delete this.place.dataset["calm"];
      this.stepsKey = "";
      this.parts = this.make(alarm);
      this.put(...this.parts.all);
      this.place.scrollTop = 0;
    }
    this.alarm = alarm;
    this.fill(alarm);
  }

  /** Put other parts here; whoever was among those before stays in the middle column. */
  private put(...parts: HTMLElement[]): void {
    const here = this.place.contains(document.activeElement);
    this.place.replaceChildren(...parts);
    if (here && !this.place.contains(document.activeElement)) this.place.focus({ preventScroll: true });
  }

  /** Do what a key stands for; false when it stands for nothing here. */
  press(key: string): boolean {
    return this.alarm !== null && this.verbs.press(key);
  }

  /** A step was added to the alarm: ask for its steps again. */
  stale(): void {
    this.stepsKey = "";
    if (this.alarm) this.fillSteps(this.alarm);
  }

  /** Count down to whom the alarm goes next. */
  tick(now: number): void {
    if (!this.alarm || !this.parts) return;
    setText(this.parts.passes, this.passes(this.alarm, now));
    this.stamp(now);
  }

  playClip(): void {
    this.parts?.clips.play();
  }

  private make(alarm: Alarm) {
    const { t } = this.tools.words;
    const symbol = icon(alarm.severity);
    const severity = el("span", { class: "severity" });
    const heading = el("h2");
    const place = el("span", { class: "sub" });
    const head = el("header", { class: "detail-head" }, severity, heading, place);

    const image = el("img", { alt: t("picture_alt"), hidden: true });
    const overlay = svg("svg", { class: "overlay", viewBox: "0 0 1000 1000", preserveAspectRatio: "none", "aria-hidden": "true" });
    const stamp = el("span", { class: "picture-note", hidden: true });
    const none = el("div", { class: "picture-none", hidden: true }, t("no_picture"));
    const loop = new Loop(this.tools, (plays) => {
      frame.classList.toggle("looping", plays);
      this.stamp(this.tools.clock.now());
    });
    const frame = el("div", { class: "picture-frame" }, image, loop.video, overlay, none, stamp);
    image.addEventListener("load", () => {
      image.hidden = false;
      none.hidden = true;
      frame.style.setProperty("--shape", String(image.naturalWidth / image.naturalHeight));
      frame.classList.add("sized");
    });
    image.addEventListener("error", () => {
      image.hidden = true;
      none.hidden = false;
    });

    const action = el("p", { class: "why" });
    const passes = el("p", { class: "sub passes" });
    const why = el("p", { class: "why" });
    const facts = el("dl", { class: "facts" });
    const strip = el("section", { class: "panel", hidden: true });
    const steps = el("ol", { class: "steps" }, el("li", { class: "sub" }, t("loading")));
    const page = el("a", { href: at(this.tools.urls.page, alarm.id) }, t("details"));
    const from = (Date.parse(alarm.raised_at) / 1000 - 3).toFixed(0);
    const here = el("a", { href: `${this.tools.urls.watch}?camera=${alarm.camera}&at=${from}` }, t("play_from_here"));
    const clips = new Clips(this.tools, this.options.mayWatch(alarm));
    const columns = el(
      "div",
      { class: "detail-columns" },
      el(
        "div",
        {},
        el("section", { class: "panel" }, el("h3", {}, t("why")), why, facts),
        strip,
        el("section", { class: "panel" }, el("h3", {}, t("clip")), clips.place, el("p", { class: "sub" }, here)),
      ),
      el(
        "div",
        {},
        el("section", { class: "panel do" }, el("h3", {}, t("do")), action, passes),
        el("section", { class: "panel" }, el("h3", {}, t("happened")), steps, el("p", { class: "sub" }, page)),
      ),
    );
    return { all: [head, frame, this.verbs.place, columns], head, severity, symbol, heading, place, image, overlay, none, stamp, loop, action, passes, why, facts, strip, steps, clips };
  }

  private fill(alarm: Alarm): void {
    const parts = this.parts;
    if (!parts) return;
    const { code } = this.tools.words;
    parts.head.className = `detail-head ${alarm.severity}`;
    if (parts.severity.dataset["is"] !== alarm.severity) {
      parts.severity.dataset["is"] = alarm.severity;
      parts.severity.className = `severity ${alarm.severity}`;
      parts.severity.replaceChildren(icon(alarm.severity), code("severity", alarm.severity));
    }
    setText(parts.heading, title(alarm, code));
    setText(parts.place, [this.tools.where(alarm), alarm.camera_name, standing(alarm, code)].join(" · "));
    this.fillPicture(alarm);
    this.verbs.show(alarm);
    const own = alarm.values["action"];
    setText(parts.action, typeof own === "string" && own ? own : this.tools.words.t("no_action"));
    setText(parts.passes, this.passes(alarm, this.tools.clock.now()));
    this.fillFacts(alarm);
    fillStrip(this.parts!.strip, alarm, this.tools.words);
    this.fillSteps(alarm);
    parts.clips.show(alarm);
  }

  /** Say of which moment the picture or the loop is, and how long ago that was. */
  private stamp(now: number): void {
    if (!this.parts || !this.alarm) return;
    const { loop, stamp } = this.parts;
    const taken = loop.plays ? loop.moment : Date.parse(this.alarm.picture.at ?? "");
    stamp.hidden = Number.isNaN(taken);
    if (stamp.hidden) return;
    const key = loop.plays ? "loop_at" : "picture_at";
    setText(stamp, this.tools.words.t(key, { time: say(taken, this.alarm.timezone), age: sayAge(now - taken) }));
  }

  private fillPicture(alarm: Alarm): void {
    const parts = this.parts!;
    const taken = alarm.picture.at ?? "";
    parts.loop.show(alarm, taken, this.options.mayWatch(alarm));
    if (parts.image.dataset["at"] === taken) return;
    parts.image.dataset["at"] = taken;
    if (!taken) {
      parts.none.hidden = false;
      return;
    }
    parts.image.src = `${at(this.tools.urls.snapshot, alarm.id)}?at=${encodeURIComponent(taken)}`;
    this.stamp(this.tools.clock.now());
    const zone = alarm.picture.zone ?? [];
    const points = zone.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" ");
    parts.overlay.replaceChildren(
      ...(points ? [svg("polygon", { class: "zone", points })] : []),
      ...(alarm.picture.boxes ?? []).map(([x1, y1, x2, y2]) =>
        svg("rect", { class: "box", x: x1 * 1000, y: y1 * 1000, width: (x2 - x1) * 1000, height: (y2 - y1) * 1000 }),
      ),
    );
  }

  /** To whom the alarm goes next, and when; and how many know already. */
  private passes(alarm: Alarm, now: number): string {
    const { t, code } = this.tools.words;
    if (!unanswered(alarm)) return "";
    const uncalled = this.options.uncalled(alarm);
    const told = alarm.told ? t(uncalled ? "passed_uncalled" : "passed", { count: alarm.told }) : "";
    if (alarm.escalates_at === null) return told && (uncalled ? told : `${told} ${t("passed_all")}`);
    const due = Date.parse(alarm.escalates_at);
    const whom = code("whom", alarm.escalates_to);
    const late = now - due > 5000; // the beat comes every two seconds
    const next = late
      ? t("passes_late", { time: say(due, alarm.timezone, now), whom })
      : t("passes_in", { time: sayRunning(due - now), whom });
    return [told, next].filter(Boolean).join(" ");
  }

  private fillFacts(alarm: Alarm): void {
    const { t, code } = this.tools.words;
    const values = alarm.values;
    setText(this.parts!.why, alarm.why);
    const rows: [string, string][] = [];
    if (values["machine"]) {
      const state = code("machine_state", String(values["machine_state"] ?? ""));
      const source = values["machine_source"] ? ` (${code("source", String(values["machine_source"]))})` : "";
      rows.push([t("machine"), `${machineOf(values)}: ${state}${source}`]);
    }
    rows.push([t("since"), say(alarm.raised_at, alarm.timezone)]);
    if (alarm.cleared_at) rows.push([t(alarm.unwatched ? "watched_until" : "over_since"), say(alarm.cleared_at, alarm.timezone)]);
    if (alarm.unwatched) rows.push([t("unwatched"), alarm.unwatched]);
    if (alarm.assigned_to) rows.push([t("assigned_to"), alarm.assigned_to]);
    if (alarm.verdict === "false") rows.push([t("verdict"), t("false_short")]);
    if (alarm.finding) rows.push([t("finding"), alarm.finding]);
    const { changes, on_delay_s: seconds } = alarm.chatter;
    if (changes) rows.push([t("chatter"), seconds ? t("chatter_value", { changes, seconds }) : t("chatter_none", { changes })]);
    rows.push([t("place"), `${alarm.mine_name} · ${alarm.area}`]);
    // 0: raised by the platform itself, by no rule of a scene.
    const version = alarm.scene_version;
    rows.push([t("rule"), version ? t("rule_version", { rule: alarm.rule, version }) : title(alarm, code)]);
    if (alarm.picture.at) {
      const late_s = (Date.parse(alarm.committed_at) - Date.parse(alarm.raised_at)) / 1000;
      rows.push([t("latency"), t("latency_value", { seconds: late_s.toFixed(1) })]);
    }
    const facts = this.parts!.facts;
    if (facts.childElementCount !== rows.length * 2)
      facts.replaceChildren(...rows.flatMap(() => [el("dt"), el("dd")]));
    rows.forEach(([name, value], index) => {
      setText(facts.children[index * 2]!, name);
      setText(facts.children[index * 2 + 1]!, value);
    });
  }

  /** Ask for the alarm's steps when one was added; updates of a going situation add none. */
  private fillSteps(alarm: Alarm): void {
    const key = [alarm.id, alarm.state, alarm.severity, alarm.count, alarm.cleared_at, alarm.told].join("|");
    if (key === this.stepsKey) return;
    this.stepsKey = key;
    const { steps } = this.parts!;
    const { t, code } = this.tools.words;
    json<{ transitions: Step[] }>(at(this.tools.urls.alarm, alarm.id))
      .then((found) => {
        if (this.stepsKey !== key) return;
        const items = found.transitions.map((step) =>
          el(
            "li",
            {},
            el("time", { datetime: step.at }, say(step.at, alarm.timezone)),
            el("strong", {}, code("cause", step.cause)),
            step.detail.unwatched && `: ${step.detail.unwatched}`,
            (step.detail.whom || step.detail.to) && ` ${code("whom", String(step.detail.whom ?? step.detail.to))}`,
            step.actor && ` ${t("by", { name: step.actor })}`,
            step.desk && el("span", { class: "sub" }, ` ${step.desk}`),
            step.note && el("br"),
            step.note && el("q", {}, step.note),
          ),
        );
        steps.replaceChildren(...items);
      })
      .catch(() => {
        if (this.stepsKey === key) this.stepsKey = ""; // asked again at the next change
      });
  }
}
