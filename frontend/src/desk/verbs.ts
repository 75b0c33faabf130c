// What a person does about the chosen alarm: one button and one key each. Whatever is sent is about
// the alarm that was shown when the key was pressed, whatever comes meanwhile.

import { ask, type Field } from "../common/dialog";
import { el, icon, setOff, setText } from "../common/dom";
import { json, Refused } from "../common/http";
import { announce } from "../common/live";
import { say } from "../common/time";
import { at, type Tools } from "./config";
import { title, unanswered, type Alarm, type Silence } from "./state";

export interface Person {
  id: number;
  name: string;
}

export interface VerbOptions {
  mayAnswer: (alarm: Alarm) => boolean;
  mayConfigure: (alarm: Alarm) => boolean;
  isWatched: (alarm: Alarm) => boolean;
  people: (alarm: Alarm) => Person[];
  me: string;
  /** The alarm as it is after what was done. */
  onAlarm: (alarm: Alarm) => void;
  onSilence: (silence: Silence) => void;
}

interface Verb {
  key: string;
  text: string;
  /** Whether it makes sense in the alarm's state. */
  fits: (alarm: Alarm) => boolean;
  run: (alarm: Alarm) => void;
  main?: boolean;
  quiet?: boolean;
}

const MINUTES = [15, 30, 60, 120, 240, 480];
const DAYS = [1, 3, 7, 14, 31];

export class Verbs {
  readonly place = el("div", { class: "actions" });
  private readonly bar = el("div", { class: "verbs", role: "toolbar" });
  private readonly answered = el("p", { class: "answered-line", hidden: true });
  private readonly fault = el("p", { class: "actions-fault", role: "alert" });
  private readonly buttons: { verb: Verb; button: HTMLButtonElement }[];
  private alarm: Alarm | null = null;
  private sending = false;
  private lastWhom: string[] = [];

  constructor(
    private readonly tools: Tools,
    private readonly options: VerbOptions,
  ) {
    this.buttons = this.all().map((verb) => ({ verb, button: this.button(verb) }));
    this.bar.append(...this.buttons.map(({ button }) => button));
    this.place.append(this.bar, this.answered, this.fault);
  }

  /** Fill the bar for an alarm; buttons keep their places while it is the same one. */
  show(alarm: Alarm): void {
    const before = this.alarm;
    if (before?.id !== alarm.id || (unanswered(before) && !unanswered(alarm))) setText(this.fault, "");
    this.alarm = alarm;
    const may = this.options.mayAnswer(alarm);
    this.place.className = `actions ${alarm.severity}`;
    const focused = this.buttons.find(({ button }) => button === document.activeElement);
    for (const { verb, button } of this.buttons) button.hidden = !this.allowed(verb, alarm);
    // Who answered by the button itself goes on from the next one, for that is gone; never to one that
    // answers: a second press of Enter would be taken for another alarm's.
    if (focused?.button.hidden) this.buttons.find(({ verb, button }) => !verb.main && !button.hidden)?.button.focus();
    const main = this.buttons.find(({ verb }) => verb.key === "a")!.button;
    setOff(main, this.sending);
    this.bar.hidden = !may;
    this.say(alarm, may);
  }

  /** Do what a key stands for; false when it stands for nothing here. */
  press(key: string): boolean {
    const alarm = this.alarm;
    const found = this.buttons.find(({ verb }) => verb.key === key);
    if (!alarm || !found) return false;
    if (this.allowed(found.verb, alarm)) found.verb.run(alarm);
    return true;
  }

  /** It is over, or its camera is off and nobody will see that it is. */
  private closes(alarm: Alarm): boolean {
    return alarm.state === "latched" || (alarm.state === "acknowledged" && !this.options.isWatched(alarm));
  }

  private allowed(verb: Verb, alarm: Alarm): boolean {
    return this.options.mayAnswer(alarm) && verb.fits(alarm);
  }

  private all(): Verb[] {
    const { t } = this.tools.words;
    return [
      { key: "a", text: t("acknowledge"), main: true, fits: unanswered, run: (alarm) => void this.acknowledge(alarm) },
      { key: "r", text: t("reset"), main: true, fits: (alarm) => this.closes(alarm), run: (alarm) => this.reset(alarm) },
      { key: "c", text: t("call"), fits: () => true, run: (alarm) => this.call(alarm) },
      { key: "g", text: t("assign"), fits: (alarm) => alarm.state !== "closed", run: (alarm) => this.assign(alarm) },
      { key: "f", text: t("false"), fits: (alarm) => alarm.verdict !== "false" || unanswered(alarm), run: (alarm) => this.judge(alarm) },
      { key: "s", text: t("shelve"), fits: (alarm) => alarm.state !== "closed", run: (alarm) => this.silence(alarm, false) },
      { key: "", text: t("take_out"), quiet: true, fits: (alarm) => alarm.state !== "closed" && this.options.mayConfigure(alarm), run: (alarm) => this.silence(alarm, true) },
    ];
  }

  private button(verb: Verb): HTMLButtonElement {
    const button = el("button", { type: "button", class: `button${verb.main ? " ack" : ""}${verb.quiet ? " quiet" : ""}` });
    button.append(...(verb.main ? [icon("check")] : []), verb.text, ...(verb.key ? [el("kbd", {}, verb.key.toUpperCase())] : []));
    if (verb.key) button.setAttribute("aria-keyshortcuts", verb.key.toUpperCase());
    button.addEventListener("click", () => this.alarm && verb.run(this.alarm));
    return button;
  }

  /** Say who answered, or that this role may not. */
  private say(alarm: Alarm, may: boolean): void {
    const { t } = this.tools.words;
    const done = this.answer(alarm);
    const text = done || (may ? "" : t("ack_not_allowed"));
    this.answered.hidden = !text;
    if (this.answered.dataset["text"] === text) return;
    this.answered.dataset["text"] = text;
    this.answered.replaceChildren(...(done ? [icon("check")] : []), text);
  }

  /** Who answered, and when; "" while it asks. */
  private answer(alarm: Alarm): string {
    const by = alarm.acknowledged_by;
    const time = alarm.acknowledged_at ? say(alarm.acknowledged_at, alarm.timezone) : "";
    return by && !unanswered(alarm) ? this.tools.words.t("ack_done", { name: by, time }) : "";
  }

  private what(alarm: Alarm): string {
    return `${title(alarm, this.tools.words.code)}, ${this.tools.where(alarm)}`;
  }

  /** Answer by name: no question, one key. */
  private async acknowledge(alarm: Alarm): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    this.show(alarm);
    setText(this.fault, "");
    try {
      const answered = await json<Alarm>(at(this.tools.urls.acknowledge, alarm.id), "POST", { mark: alarm.mark });
      this.sending = false;
      this.options.onAlarm(answered);
      announce(`${this.what(answered)}: ${this.answer(answered)}`);
    } catch (error) {
      this.sending = false;
      if (await this.worse(alarm, error)) return;
      const reason = error instanceof Error ? error.message : String(error);
      setText(this.fault, this.tools.words.t("not_sent", { reason }));
      if (this.alarm) this.show(this.alarm);
    }
  }

  /** Show an alarm as it is now, and why nothing was answered: it became worse after it was shown. */
  private async worse(alarm: Alarm, error: unknown): Promise<boolean> {
    if (!(error instanceof Refused && error.status === 409)) return false;
    // Where this fails the line brings it all the same.
    const now = await json<Alarm>(at(this.tools.urls.alarm, alarm.id)).catch(() => null);
    if (now) this.options.onAlarm(now);
    else if (this.alarm) this.show(this.alarm);
    setText(this.fault, `${this.what(alarm)}: ${error.message}`);
    return true;
  }

  private question(alarm: Alarm, verb: string, url: string, fields: Field[], hints: string[] = [], about: Record<string, string> = {}): void {
    const { t } = this.tools.words;
    const send = async (values: Record<string, string>): Promise<void> => {
      try {
        this.options.onAlarm(await json<Alarm>(at(url, alarm.id), "POST", { ...values, ...about }));
      } catch (error) {
        if (!(await this.worse(alarm, error))) throw error;
      }
    };
    ask({ title: t(`${verb}_title`, { what: this.what(alarm) }), fields, hints, submit: t("send"), send }, this.tools.words);
  }

  private call(alarm: Alarm): void {
    const { t } = this.tools.words;
    const { urls } = this.tools;
    const known = [...new Set([...this.lastWhom, ...this.options.people(alarm).map((person) => person.name)])];
    const send = async (values: Record<string, string>): Promise<void> => {
      this.options.onAlarm(await json<Alarm>(at(urls.call, alarm.id), "POST", values));
      this.lastWhom = [...new Set([values["whom"] ?? "", ...this.lastWhom])].slice(0, 8);
    };
    const fields: Field[] = [
      { name: "whom", label: t("call_whom"), longest: 100, suggestions: known },
      { name: "said", label: t("call_said") },
    ];
    ask({ title: t("call_title", { what: this.what(alarm) }), fields, submit: t("send"), send }, this.tools.words);
  }

  private assign(alarm: Alarm): void {
    const { t } = this.tools.words;
    const people = this.options.people(alarm);
    const mine = people.find((person) => person.name === (alarm.assigned_to ?? this.options.me));
    const options = people.map((person): [string, string] => [String(person.id), person.name]);
    const field: Field = { name: "to", label: t("assign_to"), options };
    if (mine) field.value = String(mine.id);
    this.question(alarm, "assign", this.tools.urls.assign, [field]);
  }

  private judge(alarm: Alarm): void {
    const { t } = this.tools.words;
    const suggestions = t("false_reasons").split("|");
    this.question(alarm, "false", this.tools.urls.false, [{ name: "reason", label: t("false_reason"), suggestions }], [t("false_hint")], { mark: alarm.mark });
  }

  private reset(alarm: Alarm): void {
    const { t } = this.tools.words;
    this.question(alarm, "reset", this.tools.urls.reset, [{ name: "finding", label: t("finding"), value: alarm.finding }], [t(alarm.active ? "reset_off" : "reset_hint")]);
  }

  private silence(alarm: Alarm, out: boolean): void {
    const { t } = this.tools.words;
    const options = out
      ? DAYS.map((count): [string, string] => [String(count * 1440), t("days", { count })])
      : MINUTES.map((count): [string, string] => [String(count), count < 60 ? t("minutes", { count }) : t("hours", { count: count / 60 })]);
    const fields: Field[] = [
      { name: "reason", label: t("shelve_reason") },
      { name: "minutes", label: t("shelve_minutes"), options, value: out ? "1440" : "60" },
    ];
    const url = at(out ? this.tools.urls.take_out : this.tools.urls.shelve, alarm.id);
    const send = async (values: Record<string, string>): Promise<void> =>
      this.options.onSilence(await json<Silence>(url, "POST", { ...values, minutes: Number(values["minutes"]) }));
    const hints = [t("shelve_hint"), ...(alarm.severity === "critical" ? [t("shelve_second")] : [])];
    const key = out ? "take_out_title" : "shelve_title";
    ask({ title: t(key, { what: this.what(alarm) }), fields, hints, submit: t("send"), send }, this.tools.words);
  }
}
