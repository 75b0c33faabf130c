// The floor: four points of the picture whose metres are known, as workers/ground.py takes them.

import { area, crossings, type Point } from "./geometry";

export interface Ground {
  image: Point[];
  metres: Point[];
  [other: string]: unknown;
}

export type Matrix = [Vector, Vector, Vector];
export type Vector = [number, number, number];

/** A ruler over the picture: along the floor, or from somebody's feet up to the head. */
export interface Ruler {
  way: "floor" | "height";
  ends: [Point, Point];
  real_m?: number | undefined;
}

// As in workers/ground.py: a triangle less than this part of the largest is three points in a row.
const IN_A_ROW = 0.01;
// Focal lengths, in picture heights, that cameras have; another one tells of a floor that does not fit.
const FOCAL = [0.3, 12] as const;

/** Return what is wrong with four points, as a word's key with the part it is about; null if nothing. */
export function groundFault(ground: Ground): { part: "image" | "metres"; key: string } | null {
  const { image, metres } = ground;
  for (const [part, four] of [["image", image], ["metres", metres]] as const) {
    if (four.length !== 4) return { part, key: "fault_four" };
    if (four.some((point) => !point.every(Number.isFinite))) return { part, key: "fault_number" };
    if (crossings(four).length) return { part, key: part === "image" ? "fault_cross" : "fault_order" };
    if (inARow(four)) return { part, key: "fault_row" };
  }
  const floor = Floor.of(ground);
  if (!floor || image.some((point) => floor.depth(point) <= 1e-6)) return { part: "image", key: "fault_horizon" };
  if (floor.depth([0, 1]) <= 1e-6 || floor.depth([1, 1]) <= 1e-6) return { part: "image", key: "fault_flipped" };
  return null;
}

export function inARow(four: Point[]): boolean {
  const threes = four.map((_point, without) => area(four.filter((_one, at) => at !== without)));
  return Math.min(...threes) <= Math.max(IN_A_ROW * Math.max(...threes), 1e-9);
}

/** The width and the length of a rectangle whose corners were typed as two numbers; null if it is another shape. */
export function sides(metres: Point[]): [number, number] | null {
  if (metres.length !== 4) return null;
  const [width, length] = metres[2]!;
  const same = rectangleOf(width, length).every(([x, y], at) => metres[at]![0] === x && metres[at]![1] === y);
  return same ? [width, length] : null;
}

export function rectangleOf(width: number, length: number): Point[] {
  return [[0, 0], [width, 0], [width, length], [0, length]];
}

/** From the picture to the floor and back. */
export class Floor {
  private constructor(
    private readonly down: Matrix,
    private readonly up: Matrix,
    private readonly sign: number,
  ) {}

  /** The floor through four pairs; null where they make none. */
  static of(ground: Ground): Floor | null {
    const down = homography(ground.image, ground.metres);
    const up = homography(ground.metres, ground.image);
    if (!down || !up) return null;
    const sum = ground.image.reduce(([x, y], point): Point => [x + point[0] / 4, y + point[1] / 4], [0, 0]);
    return new Floor(down, up, Math.sign(times(down, [...sum, 1])[2]));
  }

  /** Above 0 on the floor, 0 on the horizon. */
  depth(point: Point): number {
    return times(this.down, [...point, 1])[2] * this.sign;
  }

  metres(point: Point): Point | null {
    if (this.depth(point) <= 1e-6) return null;
    const [x, y, w] = times(this.down, [...point, 1]);
    return [x / w, y / w];
  }

  /** Where a place on the floor is seen. */
  seen(place: Point): Point {
    const [x, y, w] = times(this.up, [...place, 1]);
    return [x / w, y / w];
  }

  distance(one: Point, other: Point): number | null {
    const [a, b] = [this.metres(one), this.metres(other)];
    return a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : null;
  }

  /** The horizon from the picture's left edge to its right, where any of it is in the picture. */
  horizon(): [Point, Point] | null {
    const [a, b, c] = this.down[2];
    if (Math.abs(b) < 1e-9) return null;
    const ends: [Point, Point] = [[0, -c / b], [1, -(a + c) / b]];
    return ends.some(([, y]) => y > 0 && y < 1) ? ends : null;
  }

  /** How tall what stands at `foot` and ends at `head` is, in metres; null where the floor cannot tell.
   *
   * The floor's two directions are square to each other and equally long, and so are the camera's
   * pixels: that gives the focal length, and with it the upright. Straight from above it gives none.
   */
  height(foot: Point, head: Point, aspect: number): number | null {
    const place = this.metres(foot);
    if (!place) return null;
    const centred = ([x, y, w]: Vector): Vector => [(x - w / 2) * aspect, y - w / 2, w];
    const front = Math.sign(times(this.up, [...place, 1])[2]);
    const [h1, h2, h3] = [0, 1, 2].map((column) => centred([this.up[0][column]! * front, this.up[1][column]! * front, this.up[2][column]! * front]));
    const [a1, b1] = [h1![0] * h2![0] + h1![1] * h2![1], h1![2] * h2![2]];
    const [a2, b2] = [h1![0] ** 2 + h1![1] ** 2 - h2![0] ** 2 - h2![1] ** 2, h1![2] ** 2 - h2![2] ** 2];
    const focal = Math.sqrt(-(a1 ** 2 + a2 ** 2) / (a1 * b1 + a2 * b2));
    if (!(focal >= FOCAL[0] && focal <= FOCAL[1])) return null;
    const rays = [h1!, h2!, h3!].map(([x, y, w]): Vector => [x / focal, y / focal, w]);
    const scale = 2 / (norm(rays[0]!) + norm(rays[1]!));
    const [r1, r2, t] = rays.map((ray) => ray.map((one) => one * scale) as Vector);
    const normal = cross(r1!, r2!);
    const upright = dot(normal, t!) < 0 ? normal : (normal.map((one) => -one) as Vector); // towards the camera
    const base = [0, 1, 2].map((at) => r1![at]! * place[0] + r2![at]! * place[1] + t![at]!);
    const [x, y] = [(head[0] - 0.5) * aspect, head[1] - 0.5];
    const lines = ([[0, x], [1, y]] as const).map(([at, seen]) => [focal * upright[at] - seen * upright[2], seen * base[2]! - focal * base[at]!] as const);
    const top = lines.reduce((sum, [by, want]) => sum + by * want, 0);
    return top / lines.reduce((sum, [by]) => sum + by * by, 0);
  }
}

/** What a ruler reads, in metres; null where it cannot be told. */
export function measure(floor: Floor, ruler: Ruler, aspect: number): number | null {
  const [from, to] = ruler.ends;
  const found = ruler.way === "floor" ? floor.distance(from, to) : floor.height(from, to, aspect);
  return found !== null && Number.isFinite(found) ? found : null;
}

function homography(from: Point[], to: Point[]): Matrix | null {
  const rows: number[][] = [];
  from.forEach(([x, y], at) => {
    const [u, v] = to[at]!;
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  });
  for (let at = 0; at < 8; at++) {
    let best = at;
    for (let row = at + 1; row < 8; row++) if (Math.abs(rows[row]![at]!) > Math.abs(rows[best]![at]!)) best = row;
    [rows[at], rows[best]] = [rows[best]!, rows[at]!];
    const pivot = rows[at]![at]!;
    if (!(Math.abs(pivot) > 1e-12)) return null;
    rows[at] = rows[at]!.map((value) => value / pivot);
    for (let row = 0; row < 8; row++) {
      const by = rows[row]![at]!;
      if (row !== at && by) rows[row] = rows[row]!.map((value, column) => value - by * rows[at]![column]!);
    }
  }
  const h = rows.map((row) => row[8]!);
  return [[h[0]!, h[1]!, h[2]!], [h[3]!, h[4]!, h[5]!], [h[6]!, h[7]!, 1]];
}

function times(matrix: Matrix, vector: Vector): Vector {
  return matrix.map((row) => dot(row, vector)) as Vector;
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function norm(a: Vector): number {
  return Math.sqrt(dot(a, a));
}
