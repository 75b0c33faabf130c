import { describe, expect, it } from "vitest";
import { streamOf, why } from "../src/scene/video";

const stream = (plays: boolean) => ({ codec: "", width: 0, height: 0, fps: 0, state: "", reason: "", plays });

describe("the video beneath the drawing", () => {
  it("is the stream that is analysed, or the one that browsers play", () => {
    expect(streamOf({ streams: { main: stream(true), sub: stream(true) } })).toBe("sub");
    expect(streamOf({ streams: { main: stream(true), sub: stream(false) } })).toBe("main");
    expect(streamOf({ streams: { main: stream(false), sub: stream(false) } })).toBe("sub");
    expect(streamOf({ streams: {} })).toBe("main");
  });

  it("gives way to the still where it cannot be played, does not come, or has stopped", () => {
    expect(why("hevc", null, 0)).toBe("hevc");
    expect(why("", null, 3)).toBe("");
    expect(why("connection", null, 11)).toBe("none");
    expect(why("", 2, 60)).toBe("");
    expect(why("connection", 11, 60)).toBe("old");
  });
});
