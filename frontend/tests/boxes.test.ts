import { describe, expect, it } from "vitest";
import { fitted, nearest, placed, type Picture } from "../src/common/boxes";

const at = (...seconds: number[]): Picture[] => seconds.map((second) => [second, [["person", 0.8, 0.1, 0.2, 0.3, 0.6]]]);

describe("the boxes of a moment", () => {
  it("are those of the picture nearest in time, before or after", () => {
    const pictures = at(1, 1.2, 1.4, 3);
    expect([0.9, 1, 1.09, 1.11, 1.31, 2.9, 3.3].map((second) => nearest(pictures, second)?.[0])).toEqual([1, 1, 1, 1.2, 1.4, 3, 3]);
  });

  it("are none where no picture is near, and none where there are no pictures", () => {
    expect(nearest(at(1, 3), 2)).toBeNull();
    expect(nearest(at(1), 0.5)).toBeNull();
    expect(nearest(at(1), 1.5)).toBeNull();
    expect(nearest([], 1)).toBeNull();
  });
});

describe("boxes over a shown picture", () => {
  it("lie beside the bars where the place is wider, and below them where it is higher", () => {
    expect(fitted(800, 360, { width: 640, height: 360 })).toEqual({ left: 80, top: 0, width: 640, height: 360 });
    expect(fitted(320, 400, { width: 1920, height: 1080 })).toEqual({ left: 0, top: 110, width: 320, height: 180 });
  });

  it("fill the place of a picture whose size is not known yet", () => {
    expect(fitted(320, 180, { width: 0, height: 0 })).toEqual({ left: 0, top: 0, width: 320, height: 180 });
  });

  it("are shares of the picture, not of the place", () => {
    const place = fitted(320, 400, { width: 1920, height: 1080 });
    const box = placed(["person", null, 0.25, 0.5, 0.75, 1], place);
    expect(box).toEqual({ left: 80, top: 200, width: 160, height: 90 });
  });
});
