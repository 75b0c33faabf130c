import { afterEach, expect, it, vi } from "vitest";
import type { CameraGiven } from "../src/watch/config";
import { Feed } from "../src/watch/feed";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("tells since when nothing comes by the server's clock, as all times beside it are told", async () => {
  const noon = Date.parse("2026-03-04T12:00:00Z");
  vi.useFakeTimers({ now: noon - 3_600_000 }); // the reader's clock is an hour behind
  vi.stubGlobal("window", {}); // a browser that cannot play recordings is the quickest trouble
  vi.stubGlobal("document", { createElement: () => ({ buffered: [], currentTime: 0 }) });
  const feed = new Feed({ chunk_s: 1, urls: {} } as unknown as CameraGiven, "main", noon / 1000 - 3600, () => undefined, () => noon / 1000);
  feed.goLive();
  await vi.advanceTimersByTimeAsync(0);
  expect([feed.trouble, feed.troubleSince]).toEqual(["no_mse", noon]);
});
