import { describe, expect, it, vi } from "vitest";
import type { Editor } from "../src/scene/editor";
import { ends, length, missed, Replays, type Replay } from "../src/scene/replay";
import { fill } from "../src/common/words";

const WORDS: Record<string, string> = {
  replay_holes: "%(length)s of %(span)s not recorded",
  replay_unread: "%(length)s not readable",
  replay_blind: "%(length)s blind",
};
const t = (key: string, values: Record<string, string>): string => fill(WORDS[key]!, values);
const replay = (more: Partial<Replay>): Replay =>
  ({ span_s: 3600, not_recorded_s: 0, unreadable_s: 0, blind_s: 0, ...more }) as Replay;

describe("what a replay did not see", () => {
  it("is nothing where all was recorded and seen", () => {
    expect(missed(replay({ not_recorded_s: 0.4 }), t)).toEqual([]);
  });

  it("is said with its length, and that of the span", () => {
    expect(missed(replay({ not_recorded_s: 120, blind_s: 300, unreadable_s: 3 }), t)).toEqual([
      "2 min of 60 min not recorded", "3 s not readable", "5 min blind",
    ]);
  });
});

describe("a length of time", () => {
  it("is said in the unit that one would use", () => {
    expect([0.4, 45, 150, 3600, 86_400].map(length)).toEqual(["0 s", "45 s", "3 min", "60 min", "24.0 h"]);
  });
});

describe("the span of a replay", () => {
  const now = new Date("2026-03-04T12:00:00Z");

  it("is by the mine's clock where a person writes it, whatever the browser's is", () => {
    expect(ends("own", "2026-03-04T20:00", "2026-03-04T20:05:30", now)).toEqual(["2026-03-04T20:00", "2026-03-04T20:05:30"]);
    expect(ends("own", "2026-03-04T20:00", "", now)).toEqual(["2026-03-04T20:00", ""]);
  });

  it("ends now for the last hour or day", () => {
    expect(ends("hour", "", "", now)).toEqual(["2026-03-04T11:00:00.000Z", "2026-03-04T12:00:00.000Z"]);
    expect(ends("day", "", "", now)).toEqual(["2026-03-03T12:00:00.000Z", "2026-03-04T12:00:00.000Z"]);
  });

  it("is the server's last hour, though the reader's clock is an hour beside it", () => {
    vi.stubGlobal("fetch", () => new Promise(() => undefined));
    vi.stubGlobal("document", { documentElement: { lang: "en" }, cookie: "" });
    vi.useFakeTimers({ now: now.getTime() + 3_600_000 });
    const given = { now: now.getTime() / 1000, urls: { replays: "/api/v1/replays/" } };
    const replays = new Replays({ given } as unknown as Editor);
    vi.advanceTimersByTime(60_000);
    expect(ends("hour", "", "", replays.now())).toEqual(["2026-03-04T11:01:00.000Z", "2026-03-04T12:01:00.000Z"]);
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
});
