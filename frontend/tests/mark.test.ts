import { expect, test } from "vitest";
import { markPlace, markText } from "../src/page/mark";

test("a mark says who looks and when, and by which clock", () => {
  const at = new Date(2026, 2, 4, 3, 5, 9);
  const clocks = { 0: "UTC", [-480]: "UTC+8", 180: "UTC-3", [-330]: "UTC+5:30" };
  for (const [west, clock] of Object.entries(clocks)) {
    at.getTimezoneOffset = () => Number(west);
    expect(markText("dora", at)).toBe(`dora · 2026-03-04 03:05:09 ${clock}`);
  }
});

test("a mark wanders and comes back, and never leaves the picture", () => {
  const places = Array.from({ length: 24 }, (_, s) => markPlace(new Date(s * 1000)));
  expect(new Set(places.map(String)).size).toBe(6);
  for (const [left, top] of places) expect(left <= 60 && top <= 92).toBe(true);
  expect(markPlace(new Date(0))).toEqual(markPlace(new Date(24000)));
});
