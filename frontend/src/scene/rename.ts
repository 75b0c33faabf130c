// A thing of the scene is called otherwise: by its name, or by its id, also where rules name that.

import { withItem, type Hazard, type List, type Rule, type Scene } from "./scene";

const KINDS: Partial<Record<List, string>> = { zones: "zone", machines: "machine", gauges: "gauge", lines: "line", inputs: "input", shifts: "shift", rules: "rule" };

/** What people call a thing: by its name, which templates and programs give, else by its id. */
export function calledOf(thing: { id?: string; name?: unknown } | undefined): string {
  return (typeof thing?.name === "string" && thing.name) || thing?.id || "";
}

/** Where what a thing is called is kept. */
export const calledAt = (thing: { id: string; name?: unknown }): "name" | "id" => (thing.name ? "name" : "id");

/** Call a thing otherwise, as alarms do: its name where it has one, else its id. */
export function called(scene: Scene, list: List, index: number, text: string, hazards: Hazard[]): Scene {
  if (!scene[list][index]?.name) return renamed(scene, list, index, text, hazards);
  return withItem(scene, list, index, { name: text || undefined });
}

/** Give a thing another id; where two have the old one, nobody knows which of them is named. */
export function renamed(scene: Scene, list: List, index: number, id: string, hazards: Hazard[]): Scene {
  const old = scene[list][index]?.id;
  const next = withItem(scene, list, index, { id });
  const kind = KINDS[list];
  if (kind === undefined || old === undefined || scene[list].filter((item) => item.id === old).length !== 1) return next;
  const rules = next.rules.map((rule) => {
    const params = { ...rule.params };
    for (const param of hazards.find((one) => one.type === rule.type)?.params ?? []) {
      const value = params[param.name];
      if (param.kind === kind && value === old) params[param.name] = id;
      else if (param.kind === `${kind}s` && Array.isArray(value)) params[param.name] = value.map((one) => (one === old ? id : one));
      else if (param.kind === "data") params[param.name] = within(value, kind, old, id);
    }
    const changed: Rule = { ...rule, ...(rule.params ? { params } : {}) };
    if ((kind === "zone" || kind === "machine") && rule[kind] === old) changed[kind] = id;
    if (kind === "input" && rule["permit"] === old) changed["permit"] = id;
    for (const key of ["when", "schedule"]) if (rule[key] !== undefined) changed[key] = within(rule[key], kind, old, id);
    return changed;
  });
  const gauges = kind === "zone" ? next.gauges.map((gauge) => (gauge["zone"] === old ? { ...gauge, zone: id } : gauge)) : next.gauges;
  return { ...next, rules, gauges };
}

/** The same steps or conditions with another name under the key of that kind, however deep. */
function within(value: unknown, kind: string, old: string, id: string): unknown {
  if (Array.isArray(value)) return value.map((one) => within(one, kind, old, id));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === kind && one === old ? id : within(one, kind, old, id)]));
}
