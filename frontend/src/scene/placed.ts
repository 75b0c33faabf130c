// Shapes that a template put in lie where the template draws them, not where this camera sees the
// place: until somebody moved them they guard nothing that anybody meant.

import type { Scene } from "./scene";

/** Every shape of a scene: its name, and its points as text. */
function shapes(scene: Scene): { id: string; points: string }[] {
  return [
    ...scene.zones.map(({ id, polygon }) => ({ id, points: polygon as unknown })),
    ...scene.machines.map(({ id, roi }) => ({ id, points: roi as unknown })),
    ...scene.gauges.map(({ id, points }) => ({ id, points: points as unknown })),
    ...scene.lines.map(({ id, points }) => ({ id, points: points as unknown })),
  ]
    .filter(({ points }) => points !== undefined)
    .map(({ id, points }) => ({ id, points: JSON.stringify(points) }));
}

/** The shapes, as text, that a template put into a scene. */
export function placed(before: Scene, after: Scene): string[] {
  const there = new Set(shapes(before).map((shape) => shape.points));
  return shapes(after).map((shape) => shape.points).filter((points) => !there.has(points));
}

/** The names of what still lies where a template put it. */
export function untouched(scene: Scene, all: ReadonlySet<string>): string[] {
  return shapes(scene).filter((shape) => all.has(shape.points)).map((shape) => shape.id);
}
