// An alarm's sound: as long as somebody has to answer, at the pace of the worst.

import type { Alarm, Severity } from "./state";
import { unanswered } from "./state";

type Tone = [hertz: number, atS: number, forS: number];
const TONES: Record<Severity, { tones: Tone[]; everyMs: number }> = {
  critical: { tones: [[880, 0, 0.16], [660, 0.2, 0.16], [880, 0.4, 0.16], [660, 0.6, 0.22]], everyMs: 2500 },
  high: { tones: [[740, 0, 0.18], [560, 0.24, 0.24]], everyMs: 5000 },
  medium: { tones: [[520, 0, 0.22]], everyMs: 15_000 },
  low: { tones: [[440, 0, 0.15]], everyMs: 60_000 },
};
// What is over but not answered only reminds.
const REMINDER_MS = 30_000;
// So long a browser may take to start the sound before it counts as blocked.
const START_MS = 1500;
const KEY = "davy.sound";

/** As much of an alarm as its sound needs; the worst comes first. */
export type Asking = Pick<Alarm, "id" | "severity" | "state" | "active">;
export type SoundState = "on" | "off" | "blocked";

export class Sound {
  private context: AudioContext | null = null;
  private wanted = localStorage.getItem(KEY) !== "off";
  private played = new Map<number, number>();
  private deafSince = 0;
  private openedAt = Infinity;

  constructor(private readonly onChange: (state: SoundState) => void) {
    // Most browsers let a page sound that was reached from one that was touched, and a wall's browser
    // always does. Where it is blocked, any touch or key allows it; the sound's own button does by itself.
    const unlock = ({ target }: Event): void => {
      if (this.state === "blocked" && !(target instanceof Element && target.closest(".sound"))) void this.open();
    };
    for (const kind of ["pointerdown", "pointerup", "keydown"]) document.addEventListener(kind, unlock);
    if (this.wanted) void this.open();
  }

  get state(): SoundState {
    if (!this.wanted) return "off";
    return this.context?.state === "running" ? "on" : "blocked";
  }

  /** Whether the browser blocks a sound that is wanted, and is not only still starting it. */
  get mute(): boolean {
    return this.state === "blocked" && performance.now() - this.openedAt > START_MS;
  }

  /** Turn on (with a short tone, so that the reader hears that it works) or off. */
  async toggle(): Promise<void> {
    const on = this.state !== "on";
    this.wanted = on;
    localStorage.setItem(KEY, on ? "on" : "off");
    if (on) {
      await this.open();
      this.play("medium");
    }
    this.onChange(this.state);
  }

  /** Play what a critical alarm sounds like, whatever was wanted before. */
  async check(): Promise<void> {
    this.wanted = true;
    localStorage.setItem(KEY, "on");
    await this.open();
    this.play("critical");
  }

  private async open(): Promise<void> {
    if (!this.context) this.openedAt = performance.now();
    this.context ??= new AudioContext();
    this.context.onstatechange = () => this.onChange(this.state);
    if (this.context.state !== "running") await this.context.resume().catch(() => undefined);
    this.onChange(this.state);
  }

  /**
   * Play what is due now; called about twice a second, and by what the line brings. A desk that is cut off hears of no new alarm,
   * so it reminds of that as well.
   */
  tick(alarms: Asking[], deaf: boolean, now = performance.now()): void {
    if (!deaf) this.deafSince = now;
    else if (now - this.deafSince >= REMINDER_MS) {
      this.deafSince = now;
      this.play("medium");
    }
    if (this.played.size > alarms.length) {
      const there = new Set(alarms.map((alarm) => alarm.id));
      for (const id of this.played.keys()) if (!there.has(id)) this.played.delete(id);
    }
    const due = alarms.filter((alarm) => {
      if (!unanswered(alarm)) return false;
      const pause = alarm.active ? TONES[alarm.severity].everyMs : REMINDER_MS;
      return now - (this.played.get(alarm.id) ?? -Infinity) >= pause;
    });
    const first = due[0]; // the queue is ordered: the worst comes first
    if (!first || this.state !== "on") return;
    for (const alarm of due) this.played.set(alarm.id, now);
    this.play(first.severity);
  }

  private play(severity: Severity): void {
    const context = this.context;
    if (context?.state !== "running") return;
    for (const [hertz, atS, forS] of TONES[severity].tones) {
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      const start = context.currentTime + 0.02 + atS;
      oscillator.frequency.value = hertz;
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.25, start + 0.015);
      gain.gain.setValueAtTime(0.25, start + forS - 0.03);
      gain.gain.linearRampToValueAtTime(0, start + forS);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(start);
      oscillator.stop(start + forS + 0.02);
    }
  }
}
