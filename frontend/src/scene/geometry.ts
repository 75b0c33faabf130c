// Polygons in fractions of the picture: x right, y down.

export type Point = [number, number];

/** Keep a point in the picture, at four digits: finer than any camera's pixel. */
export function within(x: number, y: number): Point {
  const clamp = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  return [clamp(x), clamp(y)];
}

/** Move every point, as far as all of them stay in the picture. */
export function shift(polygon: Point[], dx: number, dy: number): Point[] {
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const limit = (by: number, low: number, high: number): number => Math.min(1 - high, Math.max(-low, by));
  const x = limit(dx, Math.min(...xs), Math.max(...xs));
  const y = limit(dy, Math.min(...ys), Math.max(...ys));
  return polygon.map(([px, py]) => within(px + x, py + y));
}

function side(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function meet(a: Point, b: Point, c: Point, d: Point): Point | null {
  const d1 = side(c, d, a);
  const d2 = side(c, d, b);
  const d3 = side(a, b, c);
  const d4 = side(a, b, d);
  if (d1 * d2 < 0 && d3 * d4 < 0) {
    const t = d1 / (d1 - d2);
    return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
  }
  const on = (p: Point, q: Point, r: Point, s: number): boolean =>
    s === 0 &&
    Math.min(p[0], q[0]) <= r[0] && r[0] <= Math.max(p[0], q[0]) &&
    Math.min(p[1], q[1]) <= r[1] && r[1] <= Math.max(p[1], q[1]);
  if (on(c, d, a, d1)) return a;
  if (on(c, d, b, d2)) return b;
  if (on(a, b, c, d3)) return c;
  if (on(a, b, d, d4)) return d;
  return null;
}

/** Where a polygon's edges cross or touch that are no neighbours; empty when it is simple. */
export function crossings(polygon: Point[]): Point[] {
  const found: Point[] = [];
  const count = polygon.length;
  for (let i = 0; i < count; i++) {
    for (let j = i + 2; j < count; j++) {
      if (i === 0 && j === count - 1) continue;
      const point = meet(polygon[i]!, polygon[(i + 1) % count]!, polygon[j]!, polygon[(j + 1) % count]!);
      if (point) found.push(point);
    }
  }
  return found;
}

/** Area in fractions of the picture. */
export function area(polygon: Point[]): number {
  let sum = 0;
  polygon.forEach(([x, y], index) => {
    const [nx, ny] = polygon[(index + 1) % polygon.length]!;
    sum += x * ny - nx * y;
  });
  return Math.abs(sum) / 2;
}

/** The polygon with a point more, half way along the edge after `index`. */
export function split(polygon: Point[], index: number): Point[] {
  const [x1, y1] = polygon[index]!;
  const [x2, y2] = polygon[(index + 1) % polygon.length]!;
  return [...polygon.slice(0, index + 1), within((x1 + x2) / 2, (y1 + y2) / 2), ...polygon.slice(index + 1)];
}

/** A rectangle around a place, for a shape that is about to be drawn. */
export function rectangle(left: number, top: number, right: number, bottom: number): Point[] {
  return [within(left, top), within(right, top), within(right, bottom), within(left, bottom)];
}

/** Which of some points lies nearest to another one, as the eye measures; the later one of two on one spot. */
export function nearest(point: Point, points: readonly Point[], pixels: (point: Point) => Point): number {
  const [px, py] = pixels(point);
  const far = points.map(pixels).map(([x, y]) => Math.hypot(x - px, y - py));
  return far.lastIndexOf(Math.min(...far));
}

/** Somewhere that a dragged point may snap to; open: a line, whose ends are not joined. */
export interface Target {
  points: Point[];
  open: boolean;
}

/** The nearest corner, else edge, else border of the picture within `reach` pixels; else the point itself. */
export function snap(point: Point, targets: Target[], pixels: (point: Point) => Point, reach: number): Point {
  const [px, py] = pixels(point);
  const nearest = (candidates: Point[]): Point | null => {
    let [best, least]: [Point | null, number] = [null, reach];
    for (const candidate of candidates) {
      const [x, y] = pixels(candidate);
      const far = Math.hypot(x - px, y - py);
      if (far <= least) [best, least] = [candidate, far];
    }
    return best;
  };
  const edges = targets.flatMap(({ points, open }) =>
    points.slice(0, open ? -1 : undefined).map((start, at) => foot(point, start, points[(at + 1) % points.length]!, pixels)),
  );
  const found = nearest(targets.flatMap((target) => target.points)) ?? nearest(edges);
  if (found) return within(...found);
  const [x, y] = [Math.round(point[0]), Math.round(point[1])];
  const [bx, by] = pixels([x, y]);
  return within(Math.abs(bx - px) <= reach ? x : point[0], Math.abs(by - py) <= reach ? y : point[1]);
}

/** The place on an edge that is nearest to a point, as the eye measures. */
function foot(point: Point, start: Point, end: Point, pixels: (point: Point) => Point): Point {
  const [[px, py], [ax, ay], [bx, by]] = [pixels(point), pixels(start), pixels(end)];
  const long = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = long ? Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / long)) : 0;
  return [start[0] + along * (end[0] - start[0]), start[1] + along * (end[1] - start[1])];
}
