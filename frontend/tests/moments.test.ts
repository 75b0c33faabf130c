import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ClockField, moments, toLocal } from "../src/common/moments";
import { say, sayFull, zoneOffset } from "../src/common/time";

const unix = (iso: string): number => Date.parse(iso) / 1000;
const shown = (text: string, zone: string): number[] | null => moments(text, (at) => zoneOffset(at, zone));

// Where clocks are set, by an hour or by half of one, east and west of UTC, at midnight and after it.
const TWICE = [
  ["2026-10-25T02:30:00", "Europe/Warsaw", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
  ["2026-11-01T01:30:00", "America/St_Johns", "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"],
  ["2026-04-04T23:30:00", "America/Santiago", "2026-04-05T02:30:00Z", "2026-04-05T03:30:00Z"],
  ["2026-04-05T01:45:00", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"],
] as const;
const NEVER = [
  ["2026-03-29T02:30:00", "Europe/Warsaw"],
  ["2026-03-08T02:30:00", "America/St_Johns"],
  ["2026-09-06T00:30:00", "America/Santiago"],
  ["2026-10-04T02:15:00", "Australia/Lord_Howe"],
] as const;

describe("a time that somebody writes", () => {
  it.each(TWICE)("means two moments where the clock shows it twice: %s %s", (text, zone, first, second) => {
    expect(shown(text, zone)).toEqual([unix(first), unix(second)]);
  });

  it.each(NEVER)("means none where the clock never shows it: %s %s", (text, zone) => {
    expect(shown(text, zone)).toEqual([]);
  });

  it("means the one moment at which it is written so, before and after the clock is set as well", () => {
    for (const zone of ["Europe/Warsaw", "America/St_Johns", "Asia/Kolkata", "America/Santiago"])
      for (const iso of ["2026-10-24T12:00:05Z", "2026-10-25T03:00:00Z", "2028-02-29T12:00:00Z", "2026-03-28T23:30:00Z"])
        expect(shown(toLocal(unix(iso), (at) => zoneOffset(at, zone)), zone)).toEqual([unix(iso)]);
    expect(shown("soon", "Europe/Warsaw")).toBeNull();
  });
});

describe("a field of date and time", () => {
  class Element {
    value = "";
    hidden = true;
    children: { value: string; text: string }[] = [];
    text = "";
    heard: (() => void)[] = [];
    setAttribute(name: string, value: string): void {
      if (name === "value") this.value = value;
    }
    append(text: string): void {
      this.text = text;
    }
    after(): void {}
    addEventListener(_name: string, work: () => void): void {
      this.heard.push(work);
    }
    replaceChildren(...children: Element[]): void {
      this.children = children.map(({ value, text }) => ({ value, text }));
    }
  }
  const made: Element[] = [];

  beforeEach(() => {
    made.length = 0;
    vi.stubGlobal("document", { createElement: () => (made.push(new Element()), made.at(-1)) });
  });
  afterEach(() => void vi.unstubAllGlobals());

  function field(): { input: Element; list: Element; clock: ClockField; write: (text: string) => void } {
    const input = new Element();
    const clock = new ClockField(input as unknown as HTMLInputElement, "Europe/Warsaw", "Which of the two?");
    const write = (text: string): void => {
      input.value = text;
      for (const work of input.heard) work();
    };
    return { input, list: made[0]!, clock, write };
  }

  it("gives the moment back that it was given, of an hour that comes twice as well", () => {
    const { input, list, clock } = field();
    for (const iso of ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]) {
      clock.show(unix(iso) + 0.4);
      expect(input.value).toBe("2026-10-25T02:30:00");
      expect(list.hidden).toBe(false);
      expect(clock.iso).toBe(iso);
    }
    expect(list.children.map((one) => one.text)).toEqual(["02:30:00 UTC+2", "02:30:00 UTC+1"]);
  });

  it("asks which of two is meant, and nothing where there is one", () => {
    const { list, clock, write } = field();
    write("2026-10-25T02:30");
    expect(list.hidden).toBe(false);
    expect(clock.at).toBe(unix("2026-10-25T00:30:00Z"));
    list.value = list.children[1]!.value;
    expect(clock.at).toBe(unix("2026-10-25T01:30:00Z"));
    write("2026-10-25T03:30");
    expect(list.hidden).toBe(true);
    expect(clock.at).toBe(unix("2026-10-25T02:30:00Z"));
  });

  it("has no moment for a time that never comes, and lets the API say why", () => {
    const { clock, write } = field();
    write("2026-03-29T02:30");
    expect([clock.at, clock.iso]).toEqual([null, "2026-03-29T02:30"]);
    write("");
    expect([clock.at, clock.iso]).toEqual([NaN, ""]);
  });
});

describe("a time that is said", () => {
  it("has its offset in an hour that comes twice, also where the reader's clock is the mine's", () => {
    vi.stubEnv("TZ", "Europe/Warsaw");
    expect(new Date("2026-10-25T00:30:00Z").getHours()).toBe(2);
    const said = ["2026-10-24T23:59:59Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"];
    expect(said.map((at) => sayFull(at, "Europe/Warsaw").slice(11))).toEqual([
      "01:59:59", "02:30:00 UTC+2", "02:30:00 UTC+1", "03:00:00",
    ]);
    expect(say("2026-10-25T01:30:00Z", "Europe/Warsaw", Date.parse("2026-10-25T01:31:00Z"))).toBe("02:30:00 UTC+1");
    expect(sayFull("2026-03-29T01:00:00Z", "Europe/Warsaw")).toBe("2026-03-29 03:00:00");
    vi.unstubAllEnvs();
  });
});
