import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Newest } from "../src/page/picture";

const NOON = Date.parse("2026-03-04T12:00:00Z");
const WORDS = { lost: "connection lost", ended: "signed out" };
let passed = 0;

beforeEach(() => {
  passed = 0;
  vi.spyOn(Date, "now").mockImplementation(() => NOON + passed);
  vi.spyOn(performance, "now").mockImplementation(() => passed);
});
afterEach(() => vi.restoreAllMocks());

function picture(agoMs: number): Response {
  const now = NOON + passed;
  return new Response("jpeg", { headers: { "X-Picture-Time": String((now - agoMs) / 1000), Date: new Date(now).toUTCString() } });
}

function say(newest: Newest): [string, boolean] {
  return [newest.caption("Winch house", WORDS), newest.old];
}

it("says a picture's age, which counts on until a newer one comes", () => {
  const newest = new Newest();
  expect(say(newest)).toEqual(["Winch house", false]);
  expect(newest.heard(picture(1000))).toBe(true);
  expect(say(newest)).toEqual(["Winch house · 1.5 s", false]); // the answer's date is half a second wide
  passed = 5000;
  expect(say(newest)).toEqual(["Winch house · 6.5 s", false]);
  newest.heard(picture(500));
  expect(say(newest)).toEqual(["Winch house · 1.0 s", false]);
});

it("grows old on a line that is cut, and says so", () => {
  const newest = new Newest();
  newest.heard(picture(1000));
  passed = 25_000;
  expect(newest.heard(null)).toBe(false);
  expect(say(newest)).toEqual(["Winch house · 26 s · connection lost", true]);
  newest.heard(new Response("", { status: 502 }));
  expect(say(newest)).toEqual(["Winch house · 26 s · connection lost", true]);
  newest.heard(picture(0));
  expect(say(newest)).toEqual(["Winch house · 0.5 s", false]);
});

it("grows old when the session is over, and says so", () => {
  const newest = new Newest();
  newest.heard(picture(1000));
  passed = 12_000;
  newest.heard(new Response("", { status: 401 }));
  expect(say(newest)).toEqual(["Winch house · 13 s · signed out", true]);
});

it("has no age where no picture was kept", () => {
  const newest = new Newest();
  newest.heard(picture(1000));
  expect(newest.heard(new Response(null, { status: 204 }))).toBe(false);
  expect(say(newest)).toEqual(["Winch house", false]);
});
