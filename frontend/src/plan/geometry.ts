// Where things are on a plan. x, y, reach are fractions; bearings go clockwise from the top.

export interface Where {
  x: number;
  y: number;
  bearing_deg: number;
  angle_deg: number;
  reach: number;
}

/** Keep a number between two others. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Turn a bearing into 0 … 360. */
export function turned(bearing: number): number {
  return ((bearing % 360) + 360) % 360;
}

/** Return what a camera sees as an SVG path on a picture of this size: a sector, or a circle. */
export function cone(where: Where, width: number, height: number): string {
  const x = where.x * width;
  const y = where.y * height;
  const r = where.reach * width;
  const round = (value: number): string => value.toFixed(1);
  if (where.angle_deg >= 359.5)
    return `M ${round(x - r)} ${round(y)} a ${round(r)} ${round(r)} 0 1 1 ${round(2 * r)} 0 a ${round(r)} ${round(r)} 0 1 1 ${round(-2 * r)} 0 Z`;
  const edge = (bearing: number): string => {
    const radians = (bearing * Math.PI) / 180;
    return `${round(x + r * Math.sin(radians))} ${round(y - r * Math.cos(radians))}`;
  };
  const half = where.angle_deg / 2;
  const large = where.angle_deg > 180 ? 1 : 0;
  return `M ${round(x)} ${round(y)} L ${edge(where.bearing_deg - half)} A ${round(r)} ${round(r)} 0 ${large} 1 ${edge(where.bearing_deg + half)} Z`;
}

/** Return a place after a key, or null when the key means nothing here. */
export function keyed(where: Where, key: string, far: boolean): Where | null {
  const step = far ? 0.02 : 0.002;
  const turn = far ? 15 : 5;
  const moves: Record<string, Partial<Where>> = {
    ArrowLeft: { x: clamp(where.x - step, 0, 1) },
    ArrowRight: { x: clamp(where.x + step, 0, 1) },
    ArrowUp: { y: clamp(where.y - step, 0, 1) },
    ArrowDown: { y: clamp(where.y + step, 0, 1) },
    "[": { bearing_deg: turned(where.bearing_deg - turn) },
    "]": { bearing_deg: turned(where.bearing_deg + turn) },
  };
  const move = moves[key];
  return move ? { ...where, ...move } : null;
}

/** Return a place like the one given that no other camera's lies on: rows of eight, to the right and down. */
export function free(wanted: Where, taken: readonly Where[]): Where {
  for (let n = 0; n < 64; n += 1) {
    const x = (wanted.x + (n % 8) * 0.06) % 1;
    const y = (wanted.y + Math.floor(n / 8) * 0.06) % 1;
    if (!taken.some((other) => Math.abs(other.x - x) < 0.03 && Math.abs(other.y - y) < 0.03)) return { ...wanted, x, y };
  }
  return { ...wanted };
}
