import { describe, expect, it, vi } from "vitest";
import { micros, say, sayAge, sayClock, sayFull, sayMinute, sayRunning } from "../src/common/time";
import { fill, reader } from "../src/common/words";

describe("words", () => {
  const words = reader({ hello: "%(count)s of %(all)s", state: { lost: "stream lost" } });

  it("are filled in by name", () => {
    expect(words.t("hello", { count: 2, all: 5 })).toBe("2 of 5");
  });

  it("show a code that has no words yet in a readable way", () => {
    expect(words.code("state", "lost")).toBe("stream lost");
    expect(words.code("state", "camera_moved")).toBe("Camera moved");
  });
});

describe("times", () => {
  it("run on in minutes and seconds", () => {
    expect([9_900, 75_000, 3_600_000].map(sayRunning)).toEqual(["0:09", "1:15", "1:00:00"]);
  });

  it("say the age of a picture short", () => {
    expect([840, 14_200, 300_000, 9_000_000].map(sayAge)).toEqual(["0.8 s", "14 s", "5 min", "2 h"]);
  });

  it("end with one full stop, whether a sentence or a part of one was filled in", () => {
    for (const reason of ["no line", "no line."]) expect(fill("Not sent: %(reason)s. Try again.", { reason })).toBe("Not sent: no line. Try again.");
    expect(fill("未发送：%(reason)s。请重试。", { reason: "没有连接。" })).toBe("未发送：没有连接。请重试。");
    expect(fill("Not saved: %(reason)s", { reason: "no line." })).toBe("Not saved: no line.");
  });

  it("say an age in the page's language", () => {
    vi.stubGlobal("document", { documentElement: { lang: "zh-hans" } });
    expect([840, 300_000, 9_000_000].map(sayAge)).toEqual(["0.8 秒", "5 分钟", "2 小时"]);
    vi.unstubAllGlobals();
  });

  it("are told by the mine's clock, and say so where the reader's is another", () => {
    const at = "2026-03-04T20:15:09.500Z";
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(sayFull(at, "Asia/Kathmandu")).toBe("2026-03-05 02:00:09 UTC+5:45");
    expect(sayFull(at, here)).not.toContain("UTC");
    expect(say(at, "Asia/Kathmandu", Date.parse("2026-03-05T03:00:00Z"))).toBe("02:00:09 UTC+5:45");
    expect(say(at, "Asia/Kathmandu", Date.parse("2026-03-04T18:00:00Z"))).toContain("2026-03-05");
  });

  it("are the time of day alone on an axis, of whatever day and for whatever reader", () => {
    const at = "2026-03-04T20:15:09Z";
    expect([sayClock(at, "Asia/Kolkata"), sayMinute(at, "Asia/Kolkata"), sayClock(at, "UTC")]).toEqual(["01:45:09", "01:45", "20:15:09"]);
  });

  it("keep the microseconds that decide an order", () => {
    expect(micros("2026-03-04T12:00:00.000002+00:00") - micros("2026-03-04T12:00:00+00:00")).toBe(2);
  });
});
