// Which way a line runs, which of its sides is left, and which ways across it are not allowed.

import { svg } from "../common/dom";
import type { Editor } from "./editor";
import type { Point } from "./geometry";

/** The point half way along a line, and the direction there; nothing for a line of no length. */
export function middle(points: Point[]): { at: Point; along: Point } | null {
  const lengths = points.slice(1).map(([x, y], index) => Math.hypot(x - points[index]![0], y - points[index]![1]));
  let left = lengths.reduce((sum, one) => sum + one, 0) / 2;
  for (const [index, length] of lengths.entries()) {
    if (!length || left > length) {
      left -= length;
      continue;
    }
    const [[x1, y1], [x2, y2]] = [points[index]!, points[index + 1]!];
    const along: Point = [(x2 - x1) / length, (y2 - y1) / length];
    return { at: [x1 + along[0] * left, y1 + along[1] * left], along };
  }
  return null;
}

/** The hand on the left of who walks along, in a picture whose y goes down. */
export function leftOf([x, y]: Point): Point {
  return [y, -x];
}

/** Arrows of a line in the units of the drawing: along it, and across it for each way that alarms. */
export function arrows(editor: Editor, index: number, points: Point[], unit: number): SVGElement[] {
  const found = middle(points);
  if (!found) return [];
  const { at, along } = found;
  const left = leftOf(along);
  const right: Point = [-left[0], -left[1]];
  const parts: SVGElement[] = [arrow("line-along", shifted(at, along, -14 * unit), along, 28 * unit, unit)];
  const id = editor.scene.lines[index]?.id;
  const forbidden = new Set<string>();
  for (const rule of editor.scene.rules)
    if (rule.type === "line_crossing" && rule.params?.["line"] === id) forbidden.add(String(rule.params?.["direction"] ?? "both"));
  if (forbidden.has("both") || forbidden.has("to_left")) parts.push(arrow("line-across", shifted(at, left, 12 * unit), left, 34 * unit, unit));
  if (forbidden.has("both") || forbidden.has("to_right")) parts.push(arrow("line-across", shifted(at, right, 12 * unit), right, 34 * unit, unit));
  const size = 12 * unit;
  for (const [side, key] of [[left, "line_left"], [right, "line_right"]] as const) {
    const [x, y] = shifted(shifted(at, along, 34 * unit), side, 16 * unit);
    parts.push(svg("text", { class: "shape-label", x, y: y + size / 3, "font-size": size, "text-anchor": "middle" }, editor.words.t(key)));
  }
  return parts;
}

function shifted([x, y]: Point, [dx, dy]: Point, by: number): Point {
  return [x + dx * by, y + dy * by];
}

function arrow(kind: string, from: Point, along: Point, length: number, unit: number): SVGElement {
  const to = shifted(from, along, length);
  const side = leftOf(along);
  const back = shifted(to, along, -10 * unit);
  const head = [shifted(back, side, 6 * unit), to, shifted(back, side, -6 * unit)];
  const path = `M${from.join(",")}L${to.join(",")}M${head.map((point) => point.join(",")).join("L")}`;
  return svg("path", { class: kind, d: path, "aria-hidden": "true" });
}
