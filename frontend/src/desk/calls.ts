// Whether whoever is called, and is not at this desk, is reached: what is not said here works.

import { el } from "../common/dom";
import { say } from "../common/time";
import { at, type Tools } from "./config";
import { unanswered, type Alarm, type Calls } from "./state";

export class CallsBanner {
  private key = "";

  constructor(
    private readonly place: HTMLElement,
    private readonly tools: Tools,
    private readonly mayConfigure: (mine: number) => boolean,
  ) {}

  show(calls: Calls, alarms: Alarm[]): void {
    const { t } = this.tools.words;
    // An alarm that was answered needs no call any more.
    const asking = alarms.filter((alarm) => calls.uncalled.includes(alarm.id) && unanswered(alarm));
    const key = JSON.stringify([calls.down, asking.length]);
    if (key === this.key) return;
    this.key = key;
    const texts = calls.down.map((one) => t("call_down", { name: one.name, channel: one.channel, time: say(one.at, one.timezone), reason: one.reason }));
    if (asking.length) texts.push(t("call_none", { count: asking.length }));
    this.place.hidden = !texts.length;
    const mine = calls.down.map((one) => one.mine).find(this.mayConfigure);
    this.place.replaceChildren(
      ...texts.map((text) => el("span", {}, text)),
      ...(texts.length ? [el("strong", {}, t("call_do"))] : []),
      ...(mine !== undefined ? [el("a", { href: at(this.tools.urls.routes, mine) }, t("call_routes"))] : []),
    );
  }
}
