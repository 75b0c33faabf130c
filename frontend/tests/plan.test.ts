import { expect, test } from "vitest";
import { cone, keyed, turned } from "../src/plan/geometry";

const WHERE = { x: 0.5, y: 0.5, bearing_deg: 0, angle_deg: 90, reach: 0.1 };

test("a camera that looks up sees a sector above it", () => {
  // The tips are 45° to both sides: 100 · sin 45° = 70.7 aside and above.
  expect(cone(WHERE, 1000, 600)).toBe("M 500.0 300.0 L 429.3 229.3 A 100.0 100.0 0 0 1 570.7 229.3 Z");
});

test("a bearing of 90° looks to the right", () => {
  expect(cone({ ...WHERE, bearing_deg: 90 }, 1000, 600)).toContain("L 570.7 229.3");
});

test("more than half a turn takes the long way round, a whole turn is a circle", () => {
  expect(cone({ ...WHERE, angle_deg: 270 }, 1000, 600)).toContain(" 0 1 1 ");
  expect(cone({ ...WHERE, angle_deg: 360 }, 1000, 600)).toMatch(/^M 400.0 300.0 a/);
});

test("arrows move and stop at the edge, brackets turn round", () => {
  expect(keyed({ ...WHERE, x: 0.001 }, "ArrowLeft", false)?.x).toBe(0);
  expect(keyed(WHERE, "ArrowDown", true)?.y).toBeCloseTo(0.52);
  expect(keyed(WHERE, "[", false)?.bearing_deg).toBe(355);
  expect(keyed(WHERE, "a", false)).toBeNull();
  expect(turned(-370)).toBe(350);
});
