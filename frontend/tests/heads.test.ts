import { expect, it } from "vitest";
import { needsHead } from "../src/page/heads";

it("gives figures, dashes and second times their column's head, and words none", () => {
  for (const bare of ["12", "–", "2.4 ms", "90.0 %", "1,024"]) expect(needsHead(bare, 3, false), bare).toBe(true);
  for (const told of ["Lamp Hill", "12 frames", "winch-1", "8:00 to 9:00", ""]) expect(needsHead(told, 3, false), told).toBe(false);
  expect(needsHead("2026-03-04 12:00:00", 0, true)).toBe(false);
  expect(needsHead("2026-03-04 12:00:00", 2, true)).toBe(true);
});
