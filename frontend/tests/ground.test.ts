import { describe, expect, it } from "vitest";
import { snap, type Point } from "../src/scene/geometry";
import { inZones } from "../src/scene/live";
import { whole } from "../src/scene/scene";
import { Floor, groundFault, measure, rectangleOf, sides, type Ground } from "../src/scene/ground";

const ASPECT = 16 / 9;
const METRES: Point[] = [[-1.5, 4], [1.5, 4], [1.5, 16], [-1.5, 16]];

/** A camera 2.6 m up that looks 17° down: where in the picture a place is seen. */
function seen(x: number, y: number, z = 0, focal = 1.1, turn = 0): Point {
  const [down, side] = [(17 * Math.PI) / 180, (turn * Math.PI) / 180];
  const [px, py] = [x * Math.cos(side) - y * Math.sin(side), x * Math.sin(side) + y * Math.cos(side)];
  const depth = py * Math.cos(down) + (2.6 - z) * Math.sin(down);
  const low = (2.6 - z) * Math.cos(down) - py * Math.sin(down);
  return [0.5 + (focal * px) / depth / ASPECT, 0.5 + (focal * low) / depth];
}

const drawn = (turn = 0, focal = 1.1): Ground => ({ image: METRES.map(([x, y]) => seen(x, y, 0, focal, turn)), metres: METRES });

describe("the floor", () => {
  it("measures along itself what lies between two points", () => {
    const floor = Floor.of(drawn())!;
    expect(floor.distance(seen(-1, 5), seen(1, 11))).toBeCloseTo(Math.hypot(2, 6), 6);
    expect(floor.seen([0, 8])[1]).toBeCloseTo(seen(0, 8)[1], 6);
    expect(floor.distance(seen(0, 5), [0.5, 0.01])).toBeNull(); // above the horizon
  });

  it("shows its horizon where the camera's is", () => {
    const level = 0.5 - 1.1 * Math.tan((17 * Math.PI) / 180);
    for (const [, y] of Floor.of(drawn())!.horizon()!) expect(y).toBeCloseTo(level, 6);
  });

  it.each([0, 8, -25])("tells how tall somebody is, the rectangle turned by %s degrees", (turn) => {
    const floor = Floor.of(drawn(turn, 1.4))!;
    for (const [x, y, tall] of [[0, 6, 1.78], [1, 11, 1.62]] as const) {
      const ends: [Point, Point] = [seen(x, y, 0, 1.4, turn), seen(x, y, tall, 1.4, turn)];
      expect(measure(floor, { way: "height", ends }, ASPECT)).toBeCloseTo(tall, 3);
    }
  });

  it("with metres that are wrong reads another height: that is the check", () => {
    const wrong = { ...drawn(), metres: METRES.map(([x, y]): Point => [x * 2, y * 2]) };
    const found = measure(Floor.of(wrong)!, { way: "height", ends: [seen(0, 6), seen(0, 6, 1.78)] }, ASPECT)!;
    expect(found).toBeCloseTo(2 * 1.78, 3);
  });

  it("seen straight from above tells distances and no height", () => {
    const floor = Floor.of({ image: [[0.2, 0.8], [0.8, 0.8], [0.8, 0.2], [0.2, 0.2]], metres: rectangleOf(6, 6 / ASPECT) })!;
    expect(floor.distance([0.2, 0.8], [0.8, 0.8])).toBeCloseTo(6, 9);
    expect(floor.height([0.5, 0.5], [0.5, 0.4], ASPECT)).toBeNull();
    expect(floor.horizon()).toBeNull();
  });

  it.each([
    ["image", "fault_four", [[0, 0], [1, 0], [1, 1]]],
    ["image", "fault_cross", [[0.1, 0.9], [0.9, 0.9], [0.3, 0.4], [0.7, 0.4]]],
    ["image", "fault_row", [[0.1, 0.9], [0.5, 0.9], [0.9, 0.9], [0.5, 0.4]]],
    ["image", "fault_horizon", [[0.1, 0.9], [0.9, 0.9], [0.5, 0.6], [0.45, 0.2]]],
    ["image", "fault_flipped", [[0.4, 0.6], [0.6, 0.6], [0.9, 0.2], [0.1, 0.2]]],
    ["metres", "fault_order", [[0, 0], [6, 0], [0, 20], [6, 20]]],
    ["metres", "fault_row", [[0, 0], [3, 0], [6, 0], [0, 9]]],
    ["metres", "fault_number", [[0, 0], [6, NaN], [6, 20], [0, 20]]],
  ] as const)("whose %s is wrong says so: %s", (part, key, points) => {
    const good: Ground = { image: [[0.1, 0.9], [0.9, 0.9], [0.7, 0.4], [0.3, 0.4]], metres: rectangleOf(6, 20) };
    expect(groundFault(good)).toBeNull();
    expect(groundFault({ ...good, [part]: points.map(([x, y]) => [x, y]) })).toEqual({ part, key });
  });

  it("is two numbers where it is a rectangle, and corners where it is none", () => {
    expect(sides(rectangleOf(1.4, 12))).toEqual([1.4, 12]);
    expect(sides(METRES)).toBeNull();
  });
});

describe("a point that is dragged", () => {
  const pixels = (point: Point): Point => [point[0] * 1000, point[1] * 500];
  const zone = { points: [[0.2, 0.2], [0.6, 0.2], [0.6, 0.8]] as Point[], open: false };

  it("snaps to a corner before an edge, and to an edge before nothing", () => {
    expect(snap([0.203, 0.205], [zone], pixels, 10)).toEqual([0.2, 0.2]);
    expect(snap([0.4, 0.21], [zone], pixels, 10)).toEqual([0.4, 0.2]);
    expect(snap([0.4, 0.51], [zone], pixels, 10)).not.toEqual([0.4, 0.51]); // the closing edge
    expect(snap([0.4, 0.51], [{ ...zone, open: true }], pixels, 10)).toEqual([0.4, 0.51]);
    expect(snap([0.3, 0.9], [zone], pixels, 10)).toEqual([0.3, 0.9]);
  });

  it("snaps to the picture's border, in one direction only", () => {
    expect(snap([0.004, 0.5], [], pixels, 10)).toEqual([0, 0.5]);
    expect(snap([0.5, 0.99], [], pixels, 10)).toEqual([0.5, 1]);
  });
});

describe("who is seen live", () => {
  it("stands in the drawn zone that holds the feet, not the head", () => {
    const zone = { id: "danger", polygon: [[0.3, 0.6], [0.7, 0.6], [0.7, 0.9], [0.3, 0.9]] as Point[] };
    const scene = whole({ zones: [zone, { id: "far", polygon: [[0, 0], [1, 0], [1, 0.4], [0, 0.4]] }] });
    const person = (bottom: number) => ({ track: 1, box: [0.45, bottom - 0.4, 0.55, bottom] as [number, number, number, number] });
    expect(inZones(scene, [person(0.8), person(0.7), person(0.95)])).toEqual([["danger", 2]]);
    expect(inZones(scene, [])).toEqual([]);
  });
});
