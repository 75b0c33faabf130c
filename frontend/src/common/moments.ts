// Fields of date and time by a mine's clock. Such a field has no place for an offset, so where the clock is set
// back and shows a time twice, a list beside it says which of the two is meant.

import { el } from "./dom";
import { format, offsetName, zoneOffset } from "./time";

const DAY_S = 86_400;

/** Return the moments (Unix s) at which a clock shows "2026-03-04T12:00:05": one, two where it is set back, none where
 *  it is set forward; null for what is no time. offsetAt: the clock's offset at a moment, in s. */
export function moments(text: string, offsetAt: (at: number) => number): number[] | null {
  const plain = Date.parse(`${text.trim().replace(" ", "T")}Z`) / 1000;
  if (Number.isNaN(plain)) return null;
  const offsets = new Set([plain - DAY_S, plain, plain + DAY_S].map(offsetAt));
  return [...offsets].filter((offset) => offsetAt(plain - offset) === offset).map((offset) => plain - offset).sort((a, b) => a - b);
}

/** Write a moment as a field of date and time takes it, by a zone's clock. */
export function toLocal(at: number, offsetAt: (at: number) => number): string {
  return new Date((at + offsetAt(at)) * 1000).toISOString().slice(0, 19);
}

/** A field with its list; `which` is what the list is called. */
export class ClockField {
  private readonly list: HTMLSelectElement;
  private readonly offsetAt: (at: number) => number;

  constructor(readonly input: HTMLInputElement, private readonly zone: string, which: string) {
    this.offsetAt = (at) => zoneOffset(at, zone);
    this.list = el("select", { hidden: true, "aria-label": which, title: which });
    input.after(this.list);
    input.addEventListener("input", () => this.draw());
    this.draw();
  }

  /** Show a moment, and which of the two it is. */
  show(at: number): void {
    this.input.value = toLocal(at, this.offsetAt);
    this.draw();
    const both = moments(this.input.value, this.offsetAt) ?? [];
    if (both.length === 2) this.list.value = String(both.find((one) => Math.abs(one - at) < 1) ?? both[0]);
  }

  /** The moment in Unix s; null where the clock never shows what is written, NaN where that is no time. */
  get at(): number | null {
    const found = moments(this.input.value, this.offsetAt);
    if (!found) return NaN;
    return found.length === 2 ? Number(this.list.value) : (found[0] ?? null);
  }

  /** The moment as the API takes it; what means none stays as it is written, and the API says why. */
  get iso(): string {
    return this.at ? new Date(this.at * 1000).toISOString() : this.input.value;
  }

  private draw(): void {
    const both = moments(this.input.value, this.offsetAt) ?? [];
    this.list.hidden = both.length !== 2;
    if (this.list.hidden) return;
    const kept = this.list.value;
    this.list.replaceChildren(...both.map((at) => {
      const there = new Date(at * 1000);
      return el("option", { value: String(at) }, `${format(this.zone).format(there).slice(11)} ${offsetName(there, this.zone)}`);
    }));
    this.list.value = both.some((at) => String(at) === kept) ? kept : String(both[0]);
  }
}
