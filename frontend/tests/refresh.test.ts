import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { refresh } from "../src/page/picture";

type Watcher = (entries: { isIntersecting: boolean }[]) => void;

const scrolls: Watcher[] = [];
const asked: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  scrolls.length = asked.length = 0;
  vi.stubGlobal("document", { hidden: false, createElement: () => ({}) });
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(watcher: Watcher) {
        scrolls.push(watcher);
      }
      observe(): void {}
    },
  );
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(address);
    return new Response(null, { status: 204 });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A picture in a list of cameras; `state` is how its camera stands. */
function tile(number: number, state = { off: false }): { scroll(seen: boolean): void } {
  const item = { querySelector: () => (state.off ? {} : null) };
  const image = {
    dataset: { source: `/tile/${number}`, refresh: "5" },
    parentElement: {},
    after: () => undefined,
    closest: (asked: string) => (asked === "li" ? item : null),
  };
  refresh(image as unknown as HTMLImageElement);
  const watcher = scrolls.at(-1)!;
  return { scroll: (seen) => watcher([{ isIntersecting: seen }]) };
}

it("asks for what is in view alone, again and again", async () => {
  const above = tile(1);
  tile(2);
  above.scroll(true);
  await vi.advanceTimersByTimeAsync(9000);
  expect(asked).toEqual(["/tile/1", "/tile/1"]);
  above.scroll(false);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked.length).toBe(2);
  above.scroll(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.length).toBe(3);
});

it("asks for nothing of a camera that is off, and again once it is on", async () => {
  const state = { off: true };
  tile(1, state).scroll(true);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toEqual([]);
  state.off = false;
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual(["/tile/1"]);
});

it("asks for four at once, and for none that left the view while it waited", async () => {
  const answers: (() => void)[] = [];
  vi.stubGlobal("fetch", (address: string) => {
    asked.push(address);
    return new Promise((done) => answers.push(() => done(new Response(null, { status: 204 }))));
  });
  const tiles = [1, 2, 3, 4, 5, 6].map((number) => tile(number));
  for (const one of tiles) one.scroll(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["/tile/1", "/tile/2", "/tile/3", "/tile/4"]);
  tiles[4]!.scroll(false);
  answers[0]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.slice(4)).toEqual(["/tile/6"]);
  for (const answer of answers.slice(1)) answer();
  await vi.advanceTimersByTimeAsync(0);
});
