import { describe, expect, it } from "vitest";
import { sayClock, zoneOffset } from "../src/common/time";
import { drift, holding, isElsewhere, marks, nextStart, place, windowAt } from "../src/watch/spans";

const TWO = [[10, 20], [30, 40]] as const;

describe("spans of time", () => {
  it("find the span that holds a moment, and where the next begins", () => {
    expect(holding(TWO, 15)).toEqual([10, 20]);
    expect(holding(TWO, 25)).toBeNull();
    expect(holding(TWO, 20.1, 0.15)).toEqual([10, 20]);
    expect(nextStart(TWO, 20)).toBe(30);
    expect(nextStart(TWO, 30)).toBeNull();
  });

  it("are placed in a window, cut where they leave it", () => {
    expect(place([0, 50], [25, 75])).toEqual({ left: 0, width: 0.5 });
    expect(place([100, 110], [25, 75])).toBeNull();
    expect(place([30, 30], [25, 75])).toEqual({ left: 0.1, width: 0 });
  });

  it("keep a window out of the future", () => {
    expect(windowAt(1000, 100, 5000)).toEqual([950, 1050]);
    expect(windowAt(5000, 100, 5000)).toEqual([4902, 5002]);
  });

  it("mark round moments of the mine's own clock", () => {
    const half = 5.5 * 3600; // a mine at UTC+5:30
    const found = marks([0, 86_400], () => half);
    expect(found.length).toBeLessThanOrEqual(10);
    expect(found.every((at) => (at + half) % 10_800 === 0)).toBe(true);
  });

  it("mark round moments on both sides of a clock that is set in between", () => {
    for (const [day, zone] of [["2026-10-25", "Europe/Warsaw"], ["2026-03-29", "Europe/Warsaw"], ["2026-04-05", "Australia/Lord_Howe"]] as const) {
      const noon = Date.parse(`${day}T00:00:00Z`) / 1000;
      const found = marks([noon - 43_200, noon + 43_200], (at) => zoneOffset(at, zone));
      expect(found.length).toBeGreaterThan(6);
      for (const at of found) expect(sayClock(at * 1000, zone)).toMatch(/^(00|03|06|09|12|15|18|21):00:00$/);
    }
  });
});

describe("cameras in step", () => {
  it("jump when far apart, hurry or linger when near, and play on when together", () => {
    expect(drift(10, 12)).toBeNull();
    expect(drift(10, 10.2)).toBeCloseTo(0.16);
    expect(drift(10.2, 10)).toBeCloseTo(-0.16);
    expect(drift(10, 10.02)).toBe(0);
  });
});

describe("live", () => {
  it("begins anew after a silence and after the server's clock was set back", () => {
    expect(isElsewhere(100, 101)).toBe(false);
    expect(isElsewhere(101, 100)).toBe(false);
    expect(isElsewhere(100, 113)).toBe(true);
    expect(isElsewhere(3700, 100)).toBe(true);
  });
});
