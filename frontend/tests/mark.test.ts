import { expect, test } from "vitest";
import { markPlace, markText } from "../src/page/mark";

test("a mark says who looks and when, by the mine's clock, whichever the browser's is", () => {
  const at = new Date("2026-03-04T03:05:09Z");
  const said = {
    UTC: "03:05:09 UTC", "Asia/Shanghai": "11:05:09 UTC+8", "America/Sao_Paulo": "00:05:09 UTC-3", "Asia/Kolkata": "08:35:09 UTC+5:30",
  };
  for (const [zone, clock] of Object.entries(said)) {
    expect(markText("dora", at, zone)).toBe(`dora · 2026-03-04 ${clock}`);
  }
});

test("a mark wanders and comes back, and never leaves the picture", () => {
  const places = Array.from({ length: 24 }, (_, s) => markPlace(new Date(s * 1000)));
  expect(new Set(places.map(String)).size).toBe(6);
  for (const [left, top] of places) expect(left <= 60 && top <= 92).toBe(true);
  expect(markPlace(new Date(0))).toEqual(markPlace(new Date(24000)));
});
