// What differs between two scenes, and three of them put together.

import { LISTS, type Scene } from "./scene";

/** One key of a thing that changed; from, to: only where both are plain values. */
export interface Detail {
  key: string;
  from?: string;
  to?: string;
}

/** A thing of a list, or a key of the scene itself (list ""). */
export interface Change {
  list: string;
  id: string;
  kind: "added" | "removed" | "changed";
  details: Detail[];
}

type Item = Record<string, unknown>;

/** The things of a scene by list and id; one without an id by its place. */
function things(scene: Scene): Map<string, { list: string; id: string; item: unknown }> {
  const found = new Map<string, { list: string; id: string; item: unknown }>();
  for (const list of LISTS)
    (scene[list] as Item[]).forEach((item, index) => {
      const id = String(item["id"] ?? index + 1);
      found.set(`${list} ${id}`, { list, id, item });
    });
  for (const [key, item] of Object.entries(scene))
    if (!(LISTS as readonly string[]).includes(key) && item !== null && item !== undefined) found.set(` ${key}`, { list: "", id: key, item });
  return found;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}

/** Everything that is new, gone or changed from one scene to the other. */
export function changes(before: Scene, after: Scene): Change[] {
  const [old, now] = [things(before), things(after)];
  const found: Change[] = [];
  for (const [key, { list, id, item }] of now) {
    const was = old.get(key);
    if (!was) found.push({ list, id, kind: "added", details: [] });
    else if (!same(was.item, item)) found.push({ list, id, kind: "changed", details: details(was.item, item) });
  }
  for (const [key, { list, id }] of old) if (!now.has(key)) found.push({ list, id, kind: "removed", details: [] });
  return found;
}

function details(before: unknown, after: unknown, head = ""): Detail[] {
  const plain = (value: unknown): boolean => value === undefined || typeof value !== "object";
  const object = (value: unknown): value is Item => typeof value === "object" && value !== null && !Array.isArray(value);
  if (object(before) && object(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.filter((key) => !same(before[key], after[key])).flatMap((key) => details(before[key], after[key], head ? `${head}.${key}` : key));
  }
  if (!plain(before) || !plain(after)) return [{ key: head }];
  return [{ key: head, from: String(before ?? "–"), to: String(after ?? "–") }];
}

/** Their scene with my changes in it; what both changed is as I have it, and is named. */
export function merged(base: Scene, mine: Scene, theirs: Scene): { scene: Scene; both: Change[] } {
  const [ours, others] = [changes(base, mine), changes(base, theirs)];
  const key = (change: Change): string => `${change.list} ${change.id}`;
  const touched = new Set(others.map(key));
  const own = things(mine);
  const result: Record<string, unknown> = { ...theirs };
  for (const change of ours) {
    const item = own.get(key(change))?.item;
    if (!change.list) {
      if (change.kind === "removed") delete result[change.id];
      else result[change.id] = item;
      continue;
    }
    const list = (result[change.list] ?? []) as Item[];
    const at = list.findIndex((one, index) => String(one["id"] ?? index + 1) === change.id);
    if (change.kind === "removed") result[change.list] = list.filter((_one, index) => index !== at);
    else result[change.list] = at < 0 ? [...list, item] : list.map((one, index) => (index === at ? item : one));
  }
  const agree = (change: Change): boolean => same(things(mine).get(key(change))?.item, things(theirs).get(key(change))?.item);
  return { scene: result as Scene, both: ours.filter((change) => touched.has(key(change)) && !agree(change)) };
}
