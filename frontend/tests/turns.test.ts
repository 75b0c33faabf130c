import { expect, it, vi } from "vitest";
import { inTurn } from "../src/common/turns";

it("lets four at it at once, the others in their order, and goes on after one that fails", async () => {
  const begun: number[] = [];
  const end: ((failed?: Error) => void)[] = [];
  const all = [0, 1, 2, 3, 4, 5].map((number) =>
    inTurn(() => {
      begun.push(number);
      return new Promise((done, fail) => (end[number] = (failed) => (failed ? fail(failed) : done())));
    }).catch(() => undefined),
  );
  await vi.waitFor(() => expect(begun).toEqual([0, 1, 2, 3]));
  end[1]!(new Error("lost"));
  await vi.waitFor(() => expect(begun).toEqual([0, 1, 2, 3, 4]));
  end[0]!();
  await vi.waitFor(() => expect(begun).toEqual([0, 1, 2, 3, 4, 5]));
  for (const number of [2, 3, 4, 5]) end[number]!();
  await Promise.all(all);
  let free = false;
  await inTurn(async () => void (free = true));
  expect(free).toBe(true);
});
