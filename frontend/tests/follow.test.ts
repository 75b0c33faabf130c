import { expect, it } from "vitest";
import { Follow } from "../src/desk/follow";
import type { DeskEvent, Snapshot } from "../src/desk/state";

const EMPTY: Snapshot = { cursor: 0, alarms: [], silences: [], floods: [], recent: [], cameras: [], calls: { down: [], uncalled: [] }, mines: [], may_acknowledge: [] };
const event = (id: number, kind: string, payload: Record<string, unknown> = {}): DeskEvent => ({ id, mine: 1, kind, at: "", payload });
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

function page() {
  const open: { done: (found: Snapshot) => void; fail: (error: Error) => void }[] = [];
  const follow = new Follow(
    EMPTY,
    { snapshot: () => new Promise((done, fail) => open.push({ done, fail })), cameras: () => Promise.resolve([]), pause: () => Promise.resolve() },
    () => undefined,
  );
  return { follow, open };
}

it("takes in what came while a snapshot was under way, and asks again for what that may lack", async () => {
  const { follow, open } = page();
  follow.hear([event(1, "notify.given_up")]);
  follow.hear([event(2, "flood.began", { id: 7, mine: 1, since: "", ended_at: null }), event(3, "notify.broken")]);
  expect(open.length).toBe(1);
  open[0]!.done({ ...EMPTY, cursor: 1, calls: { down: [], uncalled: [4] } });
  await settled();
  expect(follow.snapshot.floods.map((flood) => flood.id)).toEqual([7]);
  expect([follow.snapshot.cursor, follow.snapshot.calls.uncalled]).toEqual([3, [4]]);
  expect(open.length).toBe(2);
  open[1]!.done({ ...follow.snapshot, calls: { down: [], uncalled: [4, 5] } });
  await settled();
  expect([follow.snapshot.calls.uncalled, open.length]).toEqual([[4, 5], 2]);
});

it("asks again for a snapshot that did not come", async () => {
  const { follow, open } = page();
  void follow.resync();
  open[0]!.fail(new Error("no line"));
  await settled();
  expect(open.length).toBe(2);
  open[1]!.done({ ...EMPTY, cursor: 9 });
  await settled();
  expect([follow.snapshot.cursor, open.length]).toEqual([9, 2]);
});
