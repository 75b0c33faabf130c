// Where in a scene something is wrong, in the words of the forms.

import { calledOf } from "./rename";
import type { Hazard, Scene } from "./scene";

const FIELDS: Record<string, string> = { id: "rule_id", type: "rule_type", zone: "rule_zone", machine: "rule_machine", severity: "severity" };

/** Name a path as the page does: the thing, and the field of a rule; the path itself where there is no such thing. */
export function placeOf(scene: Scene, hazards: Hazard[], path: string, say: (key: string) => string): string {
  const [, list, index, rest] = /^(\w+)\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
  const things = list ? scene[list] : undefined;
  const thing = Array.isArray(things) ? (things[Number(index)] as { id?: string; type?: string } | undefined) : undefined;
  if (!thing?.id?.trim()) return path;
  const name = calledOf(thing as { id: string });
  if (list !== "rules") return name;
  const [, param] = /^params\.(\w+)/.exec(rest ?? "") ?? [];
  const known = hazards.find((one) => one.type === thing.type)?.params.find((one) => one.name === param);
  if (known) return `${name} › ${known.label}${known.unit ? `, ${known.unit}` : ""}`;
  const field = FIELDS[/^\w*/.exec(rest ?? "")?.[0] ?? ""];
  return field ? `${name} › ${say(field)}` : name;
}
