import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BLOCK_S, Recorded } from "../src/watch/boxes";

const ORIGIN = 1_800_000_000; // a multiple of a block
const SAY = { labels: { person: "person" }, fault: "not loaded", later: "not analysed yet" };
const BOX = ["person", 0.8, 0.1, 0.2, 0.3, 0.6];
let asked: string[];
let answer: () => Response;
let clock = 0;

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  await new Promise((done) => setTimeout(done, 0));
};
const told = (until: number | null, ...seconds: number[]): (() => Response) => {
  const pictures = seconds.map((second) => [ORIGIN + second, [BOX]]);
  return () => new Response(JSON.stringify({ pictures, until: until === null ? null : ORIGIN + until }));
};

beforeEach(() => {
  asked = [];
  clock = 0;
  vi.stubGlobal("document", { documentElement: { lang: "en" } });
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const recorded = (): Recorded => new Recorded("/boxes/", ORIGIN, SAY, () => clock);

describe("the boxes of a recording", () => {
  it("are asked for once a block, and the next block's shortly before it begins", async () => {
    answer = told(9999, 3);
    const source = recorded();
    const changed = vi.fn();
    for (const second of [3, 3.1, 8]) source.ask(second, changed);
    await settled();
    expect(asked).toEqual([`/boxes/?since=${ORIGIN}&until=${ORIGIN + BLOCK_S}`]);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(source.boxes(3.1)).toEqual([BOX]);
    expect(source.boxes(8)).toEqual([]);
    clock = 60_000;
    source.ask(BLOCK_S - 1, changed);
    await settled();
    expect(asked.slice(1)).toEqual([`/boxes/?since=${ORIGIN + BLOCK_S}&until=${ORIGIN + 2 * BLOCK_S}`]);
  });

  it("are asked for again while the analysis has not come to the block's end, but not all the time", async () => {
    answer = told(5, 3);
    const source = recorded();
    source.ask(4, () => undefined);
    await settled();
    source.ask(4.1, () => undefined);
    expect(asked.length).toBe(1);
    expect(source.words(4)).toBe("");
    expect(source.words(9)).toBe("not analysed yet");
    clock = 2000;
    answer = told(BLOCK_S, 3, 9);
    source.ask(9, () => undefined);
    await settled();
    expect(asked.length).toBe(2);
    expect(source.boxes(9)).toEqual([BOX]);
    expect(source.words(9)).toBe("");
    clock = 60_000;
    source.ask(9, () => undefined);
    expect(asked.length).toBe(2);
  });

  it("of a picture that stands still come when the analysis has come to it", async () => {
    vi.useFakeTimers();
    try {
      answer = told(2);
      const source = recorded();
      const draw = vi.fn(() => source.ask(9, draw));
      draw();
      await vi.advanceTimersByTimeAsync(0);
      expect(asked.length).toBe(1);
      answer = told(BLOCK_S, 9);
      clock = 1600;
      await vi.advanceTimersByTimeAsync(1600);
      expect(asked.length).toBe(2);
      expect(source.boxes(9)).toEqual([BOX]);
      clock = 60_000;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked.length).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that did not load are said, and tried again", async () => {
    answer = () => new Response("{}", { status: 503 });
    const source = recorded();
    source.ask(1, () => undefined);
    await settled();
    expect(source.words(1)).toBe("not loaded");
    clock = 2000;
    answer = told(9999, 1);
    source.ask(1, () => undefined);
    await settled();
    expect(source.words(1)).toBe("");
    expect(source.boxes(1)).toEqual([BOX]);
  });

  it("of a camera that was never analysed are said to be missing", async () => {
    answer = told(null);
    const source = recorded();
    source.ask(1, () => undefined);
    await settled();
    expect(source.words(1)).toBe("not analysed yet");
  });

  it("of long ago are forgotten, those shown now are not", async () => {
    answer = told(9999);
    const source = recorded();
    for (let block = 0; block < 30; block += 1) {
      clock += 10_000;
      source.ask(block * BLOCK_S + 1, () => undefined);
      await settled();
    }
    clock += 10_000;
    source.ask(29 * BLOCK_S + 1, () => undefined);
    expect(asked.length).toBe(30);
    source.ask(1, () => undefined);
    expect(asked.length).toBe(31);
  });
});
