import { afterEach, describe, expect, it, vi } from "vitest";
import { streamOf, why } from "../src/scene/video";

const stream = (plays: boolean) => ({ codec: plays ? "h264" : "hevc", width: 0, height: 0, fps: 0, state: "", reason: "", plays });

afterEach(() => void vi.unstubAllGlobals());

describe("the video beneath the drawing", () => {
  it("is the stream that is analysed, or the one that browsers play", () => {
    expect(streamOf({ streams: { main: stream(true), sub: stream(true) } })).toBe("sub");
    expect(streamOf({ streams: { main: stream(true), sub: stream(false) } })).toBe("main");
    expect(streamOf({ streams: { main: stream(false), sub: stream(false) } })).toBe("sub");
    expect(streamOf({ streams: {} })).toBe("main");
  });

  it("is HEVC where this browser plays that, which it tells only of a whole name", () => {
    const named = /^video\/mp4; codecs="hvc1\.1\.6\.L\d+\.90"$/;
    vi.stubGlobal("MediaSource", { isTypeSupported: (type: string) => named.test(type) });
    expect(streamOf({ streams: { main: stream(true), sub: stream(false) } })).toBe("sub");
    vi.stubGlobal("MediaSource", { isTypeSupported: () => false });
    expect(streamOf({ streams: { main: stream(true), sub: stream(false) } })).toBe("main");
  });

  it("gives way to the still where it cannot be played, does not come, or has stopped", () => {
    expect(why("hevc", null, 0)).toBe("hevc");
    expect(why("", null, 3)).toBe("");
    expect(why("connection", null, 11)).toBe("none");
    expect(why("", 2, 60)).toBe("");
    expect(why("connection", 11, 60)).toBe("old");
  });
});
