// Spans of time in Unix seconds: which one holds a moment, where the next begins, how they are drawn.

export type Span = readonly [number, number];

/** Return the span that holds a moment, with so much tolerance at its edges. */
export function holding(spans: readonly Span[], at: number, edge = 0): Span | null {
  return spans.find(([from, to]) => at >= from - edge && at < to + edge) ?? null;
}

/** Return where the next span after a moment begins, or null. */
export function nextStart(spans: readonly Span[], at: number): number | null {
  let found: number | null = null;
  for (const [from] of spans) if (from > at && (found === null || from < found)) found = from;
  return found;
}

/** Return a span's place in a window as shares of its width, or null where it lies outside. */
export function place(span: Span, window: Span): { left: number; width: number } | null {
  const length = window[1] - window[0];
  const left = Math.max(0, (span[0] - window[0]) / length);
  const right = Math.min(1, (span[1] - window[0]) / length);
  return right > left || (span[0] === span[1] && left >= 0 && left <= 1) ? { left, width: Math.max(0, right - left) } : null;
}

const STEPS = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600];

/** Return the marks of an axis: round moments of the zone's clock, at most so many, also where it is set in between.
 *  offsetAt: the zone's offset at a moment, in s. */
export function marks(window: Span, offsetAt: (at: number) => number, most = 9): number[] {
  const step = STEPS.find((one) => (window[1] - window[0]) / one <= most) ?? 43200;
  const found: number[] = [];
  for (const offset of new Set(window.map(offsetAt)))
    for (let at = Math.ceil((window[0] + offset) / step) * step - offset; at <= window[1]; at += step)
      if (offsetAt(at) === offset) found.push(at);
  return found.sort((a, b) => a - b);
}

/** Return a window of a length that holds a moment; one that would look into the future ends now. */
export function windowAt(at: number, length: number, now: number): Span {
  const until = Math.min(at + length / 2, now + length * 0.02);
  return [until - length, until];
}

/** By how much a follower must play faster or slower (share), or null to jump. Both in s. */
export function drift(own: number, leader: number): number | null {
  const behind = leader - own;
  if (Math.abs(behind) > 0.4) return null;
  if (Math.abs(behind) < 0.03) return 0;
  return Math.max(-0.2, Math.min(0.2, behind * 0.8));
}

const SILENT_S = 12;
export const AHEAD_S = 5;

/** Whether live begins anew with what is newest: after a longer silence, not with what was missed,
 *  and after the server's clock was set back, which an edge that lies ahead of it tells. */
export function isElsewhere(edge: number, now: number): boolean {
  return now - edge > SILENT_S || edge - now > AHEAD_S;
}
