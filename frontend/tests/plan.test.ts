import { afterEach, expect, test, vi } from "vitest";
import { Refused } from "../src/common/http";
import { cone, free, keyed, turned, type Where } from "../src/plan/geometry";
import { Keep } from "../src/plan/keep";

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

test("cameras that are put on a plan one after another lie beside each other", () => {
  const placed: Where[] = [];
  for (let n = 0; n < 40; n += 1) placed.push(free(WHERE, placed));
  expect(placed[0]).toEqual(WHERE);
  placed.forEach((one, index) => {
    expect([one.x, one.y].every((at) => at >= 0 && at < 1)).toBe(true);
    for (const other of placed.slice(0, index)) expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(0.03);
  });
});

/** Keeps places with a server that answers by these, and notes what it was sent. */
function keeper(...answers: (Error | null)[]): { keep: Keep; at: Map<number, Where | null>; sent: unknown[]; said: string[] } {
  vi.useFakeTimers();
  const at = new Map<number, Where | null>([[1, WHERE], [2, null]]);
  const [sent, said]: [unknown[], string[]] = [[], []];
  const put = async (id: number, where: Where | null): Promise<void> => {
    sent.push([id, where?.x ?? null]);
    const fault = answers.shift();
    if (fault) throw fault;
  };
  return { keep: new Keep({ where: (id) => at.get(id) ?? null, put, say: (state) => said.push(state) }), at, sent, said };
}

afterEach(() => void vi.useRealTimers());

test("what was moved is sent once, a moment after the last change", async () => {
  const { keep, at, sent, said } = keeper();
  keep.soon(1);
  await vi.advanceTimersByTimeAsync(300);
  at.set(1, { ...WHERE, x: 0.6 });
  keep.soon(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect([sent, keep.has(1), said.at(-1)]).toEqual([[[1, 0.6]], false, "saved"]);
});

test("whoever leaves the page at once loses nothing", () => {
  const { keep, sent } = keeper();
  keep.soon(1);
  keep.soon(2);
  keep.leave();
  expect(sent).toEqual([[1, 0.5], [2, null]]);
});

test("a line that is away is tried again, and whoever leaves meanwhile is asked", async () => {
  const { keep, sent, said } = keeper(new TypeError("offline"));
  keep.soon(1);
  await vi.advanceTimersByTimeAsync(500);
  expect([keep.failing, keep.has(1), said.at(-1)]).toEqual([true, true, "not_saved"]);
  await vi.advanceTimersByTimeAsync(5000);
  expect([keep.failing, keep.has(1), said.at(-1), sent.length]).toEqual([false, false, "saved", 2]);
});

test("what the server refuses as wrong is not sent again", async () => {
  const { keep, sent } = keeper(new Refused(400, "too far"));
  keep.soon(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([keep.failing, keep.has(1), sent.length]).toEqual([false, false, 1]);
});

test("a place that changed while the one before was on its way is not said to be saved", async () => {
  vi.useFakeTimers();
  let where: Where = WHERE;
  const said: string[] = [];
  const answers: (() => void)[] = [];
  const keep = new Keep({
    where: () => where,
    put: () => new Promise<void>((done) => answers.push(done)),
    say: (state) => said.push(state),
  });
  keep.soon(7);
  await vi.advanceTimersByTimeAsync(400);
  where = { ...WHERE, x: 0.48 };
  keep.soon(7);
  answers[0]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(said.at(-1)).toBe("saving");
  await vi.advanceTimersByTimeAsync(400);
  answers[1]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(said.at(-1)).toBe("saved");
  vi.useRealTimers();
});
