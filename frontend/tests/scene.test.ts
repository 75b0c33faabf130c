import { describe, expect, it } from "vitest";
import { area, crossings, nearest, rectangle, shift, split, within, type Point } from "../src/scene/geometry";
import { History } from "../src/scene/history";
import { leftOf, middle } from "../src/scene/arrows";
import { changes, merged } from "../src/scene/diff";
import { Editor } from "../src/scene/editor";
import type { SceneData } from "../src/scene/given";
import { reader } from "../src/common/words";
import { called, calledAt, calledOf, renamed } from "../src/scene/rename";
import { placed, untouched } from "../src/scene/placed";
import { placeOf } from "../src/scene/places";
import { moved, needsOf } from "../src/scene/rows";
import { along } from "../src/scene/knocked";
import { faults, freeName, polygonOf, role, whole, withItem, withPolygon, type Hazard, type Scene } from "../src/scene/scene";

const EMPTY: Scene = whole({ other: "kept" });
const HAZARDS: Hazard[] = [
  {
    type: "proximity_while_running", label: "", severity: "critical", mode: "armed", note: "", needs_zone: true, needs_machine: true,
    params: [{ name: "warning_zone", label: "stand", kind: "zone", default: null, unit: "", help: "" }],
  },
];
const find = (scene: Scene) => faults(scene, HAZARDS, (key) => key).map((one) => `${one.path} ${one.text}`);

describe("a polygon", () => {
  const bow: Point[] = [[0.2, 0.2], [0.8, 0.8], [0.8, 0.2], [0.2, 0.8]];

  it("shows where it crosses itself", () => {
    expect(crossings(bow)).toEqual([[0.5, 0.5]]);
    expect(crossings(rectangle(0.1, 0.1, 0.9, 0.9))).toEqual([]);
  });

  it("touching itself counts as crossing", () => {
    expect(crossings([[0, 0], [1, 0], [0.5, 0], [0.5, 1]])).not.toEqual([]);
  });

  it("stays in the picture when it is moved, in its own shape", () => {
    expect(shift(rectangle(0.1, 0.1, 0.3, 0.3), -0.5, 0.9)).toEqual(rectangle(0, 0.8, 0.2, 1));
    expect(within(1.4, -3)).toEqual([1, 0]);
  });

  it("gets a point in the middle of an edge, also of the last one", () => {
    expect(split(rectangle(0, 0, 1, 1), 3)[4]).toEqual([0, 0.5]);
    expect(area(rectangle(0, 0, 0.5, 0.5))).toBeCloseTo(0.25);
  });
});

describe("a scene", () => {
  const scene: Scene = {
    ...EMPTY,
    zones: [{ id: "danger", polygon: rectangle(0.35, 0.5, 0.6, 0.88) }, { id: "warning", polygon: rectangle(0.25, 0.42, 0.72, 0.96) }],
    machines: [{ id: "winch-1", kind: "winch", source: "video", roi: rectangle(0.38, 0.25, 0.55, 0.48) }],
    rules: [{ id: "near", type: "proximity_while_running", zone: "danger", machine: "winch-1", params: { warning_zone: "warning" } }],
  };

  it("of one winch has no fault, and its zones' colours say what they are for", () => {
    expect(find(scene)).toEqual([]);
    expect(scene.zones.map((_zone, index) => role(scene, { kind: "zones", index }))).toEqual(["danger", "warning"]);
  });

  it("names its faults by the paths that the server uses", () => {
    let bad = withItem(scene, "zones", 0, { polygon: [[0, 0], [1, 1]] });
    bad = withItem(bad, "rules", 0, { machine: "winch-9", params: { warning_zone: "nowhere" } });
    bad = withItem(bad, "machines", 0, { roi: undefined });
    expect(find(bad)).toEqual([
      "zones[0].polygon fault_points",
      "machines[0].roi fault_region",
      "rules[0].machine fault_machine",
      "rules[0].params.warning_zone fault_zone",
    ]);
  });

  it("refuses two zones of one name", () => {
    expect(find(withItem(scene, "zones", 1, { id: "danger" }))).toContain("zones[1].id fault_twice");
  });

  it("renames a zone in the rules that name it too", () => {
    const next = renamed(renamed(scene, "zones", 0, "drum side", HAZARDS), "zones", 1, "outer", HAZARDS);
    expect(next.rules[0]).toMatchObject({ zone: "drum side", params: { warning_zone: "outer" } });
    expect(find(next)).toEqual([]);
  });

  it("is called otherwise as alarms call it: by its name where it has one, else by its id", () => {
    const named = withItem(scene, "zones", 0, { name: "Winch 1: drum" });
    expect([calledOf(named.zones[0]), calledAt(named.zones[0]!), calledOf(scene.zones[0])]).toEqual(["Winch 1: drum", "name", "danger"]);
    const next = called(named, "zones", 0, "Winch 2: drum", HAZARDS);
    expect(next.zones[0]).toMatchObject({ id: "danger", name: "Winch 2: drum" });
    expect(calledOf(called(next, "zones", 0, "", HAZARDS).zones[0])).toBe("danger");
    expect(called(scene, "zones", 0, "drum side", HAZARDS).rules[0]).toMatchObject({ zone: "drum side" });
  });

  it("is taken at the corner that lies nearest on the screen, not at the one whose reach lies on top", () => {
    const wide = ([x, y]: Point): Point => [x * 1600, y * 900];
    const small: Point[] = [[0.5, 0.5], [0.51, 0.5], [0.51, 0.512], [0.5, 0.512]];
    small.forEach((corner, index) => expect(nearest(corner, small, wide)).toBe(index));
    expect(nearest([0.504, 0.501], small, wide)).toBe(0);
    // Across and down count as many pixels as they are wide and high.
    expect(nearest([0.5, 0.5], [[0.51, 0.5], [0.5, 0.515]], wide)).toBe(1);
    expect(nearest([0.5, 0.5], [[0.5, 0.5], [0.5, 0.5]], wide)).toBe(1);
  });

  it("finds a free name", () => {
    expect(freeName([{ id: "zone" }, { id: "zone-2" }], "zone")).toBe("zone-3");
  });
});

describe("undo", () => {
  it("takes a whole drag back at once, and redo brings it again", () => {
    const history = new History(0);
    const drag = {};
    history.set(1, drag);
    history.set(2, drag);
    history.set(3, drag);
    history.undo();
    expect([history.value, history.canUndo]).toEqual([0, false]);
    history.redo();
    expect(history.value).toBe(3);
  });

  it("takes back one drag of two, also where the second begins by changing nothing", () => {
    const editor = new Editor({ document: EMPTY, urls: {} } as unknown as SceneData, reader({}));
    const at = (...corner: Point): Scene => ({ ...EMPTY, zones: [{ id: "a", polygon: [corner, [0.9, 0.1], [0.9, 0.9]] }] });
    const [first, second] = [{}, {}];
    editor.change(at(0.1, 0.1));
    editor.change(at(0.2, 0.2), first);
    editor.change(at(0.2, 0.2), second); // snaps back to where it lay
    editor.change(at(0.3, 0.3), second);
    editor.change(at(0.4, 0.4), second);
    editor.undo();
    expect(editor.scene).toEqual(at(0.2, 0.2));
    editor.undo();
    expect(editor.scene).toEqual(at(0.1, 0.1));
  });
});

describe("a gauge", () => {
  const gauges = [{ id: "sump", points: [{ xy: [0.5, 0.2] as Point, m: 2 }, { xy: [0.5, 0.8] as Point, m: 1 }] }];
  const scene = { ...EMPTY, gauges };
  const ref = { kind: "gauges" as const, index: 0 };

  it("keeps its metres when a point is moved, and gets those between for a point between", () => {
    const moved = withPolygon(scene, ref, [[0.4, 0.2], [0.5, 0.8]]);
    expect(moved.gauges[0]!.points!.map((mark) => mark.m)).toEqual([2, 1]);
    const more = withPolygon(scene, ref, split(polygonOf(scene, ref), 0));
    expect(more.gauges[0]!.points!.map((mark) => mark.m)).toEqual([2, 1.5, 1]);
    const fewer = withPolygon(more, ref, polygonOf(more, ref).slice(1));
    expect(fewer.gauges[0]!.points!.map((mark) => mark.m)).toEqual([1.5, 1]);
  });

  it("with equal or unordered metres cannot be put in force", () => {
    expect(find(scene)).toEqual([]);
    const wrong = (m: number[]) => ({ ...EMPTY, gauges: [{ id: "s", points: m.map((one, i) => ({ xy: [0.5, 0.2 * i] as Point, m: one })) }] });
    expect(find(wrong([1, 1]))).toEqual(["gauges[0].points fault_metres"]);
    expect(find(wrong([1, 3, 2]))).toEqual(["gauges[0].points fault_metres"]);
    expect(find(wrong([1]))).toEqual(["gauges[0].points fault_gauge_points"]);
  });
});

describe("a line", () => {
  it("has its left on the left hand of who walks along it, in a picture whose y goes down", () => {
    expect(leftOf([1, 0])).toEqual([0, -1]);
    expect(leftOf([0, 1])).toEqual([1, -0]);
  });

  it("has its arrow half way along, whatever its corners", () => {
    expect(middle([[0, 0], [10, 0], [10, 30]])).toEqual({ at: [10, 10], along: [0, 1] });
    expect(middle([[5, 5], [5, 5]])).toBeNull();
  });

  it("needs two points, and keeps them when it is moved", () => {
    const lines = [{ id: "gate", points: [[0.2, 0.5], [0.8, 0.5]] as Point[] }];
    const ref = { kind: "lines" as const, index: 0 };
    expect(find({ ...EMPTY, lines })).toEqual([]);
    const moved = withPolygon({ ...EMPTY, lines }, ref, [[0.2, 0.6], [0.8, 0.6]]);
    expect(polygonOf(moved, ref)).toEqual([[0.2, 0.6], [0.8, 0.6]]);
    expect(find(withPolygon(moved, ref, [[0.2, 0.6]]))).toEqual(["lines[0].points fault_gauge_points"]);
  });
});

describe("an input", () => {
  const inputs = [{ id: "gate", kind: "state", states: ["OPEN", "CLOSED"] }];
  const hazards: Hazard[] = [
    { type: "steps", label: "", severity: "high", mode: "armed", note: "", needs_zone: false, needs_machine: false, params: [
      { name: "barrier", label: "", kind: "input", default: null, unit: "", help: "" },
      { name: "others", label: "", kind: "inputs", default: [], unit: "", help: "" },
      { name: "steps", label: "", kind: "data", default: [], unit: "", help: "" },
    ] },
  ];

  it("that is renamed is renamed wherever a rule names it, however deep", () => {
    const rule = {
      id: "r", type: "steps", permit: "gate", when: { all: [{ input: "gate", is: ["OPEN"] }] },
      params: { barrier: "gate", others: ["gate", "other"], steps: [{ id: "gate", needs: [{ input: "gate", is: ["OPEN"] }] }] },
    };
    const next = renamed({ ...EMPTY, inputs, rules: [rule] }, "inputs", 0, "barrier 1", hazards);
    expect(next.rules[0]).toEqual({
      id: "r", type: "steps", permit: "barrier 1", when: { all: [{ input: "barrier 1", is: ["OPEN"] }] },
      params: { barrier: "barrier 1", others: ["barrier 1", "other"], steps: [{ id: "gate", needs: [{ input: "barrier 1", is: ["OPEN"] }] }] },
    });
  });

  it("needs a name that no machine has, and two states", () => {
    const machines = [{ id: "gate", source: "signal" }];
    expect(find({ ...EMPTY, inputs, machines })).toEqual(["inputs[0].id fault_machine_name"]);
    expect(find({ ...EMPTY, inputs: [{ id: "a", kind: "state", states: ["ON"] }] })).toEqual(["inputs[0].states fault_states"]);
  });
});

describe("a shift", () => {
  it("needs time in it", () => {
    const shift = { id: "night", from: "22:00", to: "06:00" };
    expect(find({ ...EMPTY, shifts: [shift] })).toEqual([]);
    expect(find({ ...EMPTY, shifts: [{ ...shift, to: "22:00" }] })).toEqual(["shifts[0].to fault_times"]);
    expect(find({ ...EMPTY, shifts: [{ ...shift, days: [] }] })).toEqual(["shifts[0].days fault_days"]);
  });
});

describe("a procedure's steps", () => {
  it("move up and down, but not out of the list", () => {
    expect(moved(["a", "b", "c"], 1, -1)).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
    expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  });

  it("need one thing or several", () => {
    expect(needsOf({ id: "a", needs: { zone: "z", at_least: 1 } })).toHaveLength(1);
    expect(needsOf({ id: "a", needs: [{ zone: "z", at_most: 0 }, { machine: "m", running: false }] })).toHaveLength(2);
  });
});

describe("two versions", () => {
  const zone = (id: string, left: number) => ({ id, polygon: rectangle(left, 0.4, 0.6, 0.8) });
  const rule = (dwell_s: number) => ({ id: "near", type: "proximity_while_running", zone: "danger", params: { dwell_s } });
  const base: Scene = { ...EMPTY, zones: [zone("danger", 0.3), zone("stand", 0.1)], rules: [rule(0.5)] };

  it("differ by their things, with the values that changed", () => {
    const after = { ...base, zones: [zone("danger", 0.2), zone("refuge", 0.1)], rules: [rule(0.3)], ppe: true };
    expect(changes(base, after).map(({ list, id, kind, details }) => [kind, list, id, ...details.map((one) => `${one.key} ${one.from ?? ""}>${one.to ?? ""}`)])).toEqual([
      ["changed", "zones", "danger", "polygon >"],
      ["added", "zones", "refuge"],
      ["changed", "rules", "near", "params.dwell_s 0.5>0.3"],
      ["added", "", "ppe"],
      ["removed", "zones", "stand"],
    ]);
    expect(changes(base, JSON.parse(JSON.stringify(base)) as Scene)).toEqual([]);
  });

  it("of two people are put together, and what both changed is named", () => {
    const mine = { ...base, zones: [zone("danger", 0.25), zone("stand", 0.1), zone("mine", 0)] };
    const theirs = { ...base, zones: [zone("danger", 0.2)], rules: [rule(0.3)] };
    const { scene, both } = merged(base, mine, theirs);
    expect(scene.zones.map((one) => one.id)).toEqual(["danger", "mine"]); // they took the stand out, I left it as it was
    expect(scene.zones[0]!.polygon).toEqual(mine.zones[0]!.polygon);
    expect(scene.rules[0]!.params).toEqual({ dwell_s: 0.3 });
    expect(both.map((one) => one.id)).toEqual(["danger"]);
    expect(merged(base, base, theirs).scene).toEqual(theirs);
  });
});

describe("what a template put in", () => {
  const own = { id: "own", polygon: rectangle(0.7, 0.7, 0.9, 0.9) };
  const before: Scene = { ...EMPTY, zones: [own], machines: [{ id: "gate", source: "signal" }] };
  const after: Scene = {
    ...before,
    zones: [own, { id: "danger", polygon: rectangle(0.35, 0.5, 0.6, 0.88) }],
    machines: [...before.machines, { id: "winch-1", source: "video", roi: rectangle(0.38, 0.25, 0.55, 0.48) }],
    lines: [{ id: "door", points: [[0.2, 0.5], [0.8, 0.5]] }],
    gauges: [{ id: "sump", points: [{ xy: [0.5, 0.1], m: 0 }, { xy: [0.5, 0.9], m: 4 }] }],
  };
  const all = new Set(placed(before, after));

  it("is told until it was moved, whatever it is called", () => {
    expect(untouched(after, all)).toEqual(["danger", "winch-1", "sump", "door"]);
    const moved = withItem(after, "zones", 1, { polygon: rectangle(0.3, 0.5, 0.6, 0.88) });
    expect(untouched(moved, all)).toEqual(["winch-1", "sump", "door"]);
    expect(untouched(withItem(after, "lines", 0, { id: "gate line" }), all)).toContain("gate line");
  });

  it("is no business of what was drawn by hand", () => {
    expect(untouched(before, all)).toEqual([]);
    expect(untouched(after, new Set())).toEqual([]);
  });
});

describe("what is wrong", () => {
  const hazards: Hazard[] = [
    { ...HAZARDS[0]!, params: [{ name: "stay_s", label: "Stays for", kind: "number", default: 20, unit: "s", help: "" }] },
  ];
  const scene = whole({
    zones: [{ id: "danger", polygon: rectangle(0.1, 0.1, 0.2, 0.2) }],
    rules: [{ id: "r1", type: "proximity_while_running", params: { stay_s: -1 } }],
  });
  const place = (path: string) => placeOf(scene, hazards, path, (key) => key);

  it("is named by the thing and the field, not by a path of the document", () => {
    expect(place("rules[0].params.stay_s")).toBe("r1 › Stays for, s");
    expect(place("rules[0].zone")).toBe("r1 › rule_zone");
    expect(place("rules[0].confirm[1]")).toBe("r1");
    expect(place("zones[0].polygon")).toBe("danger");
  });

  it("keeps its path where nothing on the page has a name", () => {
    expect(place("zones[7].id")).toBe("zones[7].id");
    expect(place("ground.metres")).toBe("ground.metres");
  });
});

describe("what a knock took along", () => {
  const zone = (x: number): Scene["zones"][number] => ({ id: `z${x}`, polygon: rectangle(x, 0.1, x + 0.1, 0.3) });
  const saved = whole({ zones: [zone(0.1), zone(0.3)], gauges: [{ id: "g", points: [{ xy: [0.5, 0.2], m: 2 }, { xy: [0.5, 0.8], m: 0 }] }] });
  const lies = [
    { kind: "zones" as const, index: 0, points: rectangle(0.2, 0.2, 0.3, 0.4) },
    { kind: "zones" as const, index: 1, points: rectangle(0.4, 0.2, 0.5, 0.4) },
    { kind: "gauges" as const, index: 0, points: [[0.6, 0.3], [0.6, 0.9]] as Point[] },
  ];

  it("is drawn there, and a gauge keeps its metres", () => {
    const now = along(saved, saved, lies);
    expect(now.zones.map((one) => one.polygon)).toEqual([lies[0]!.points, lies[1]!.points]);
    expect(now.gauges[0]!.points).toEqual([{ xy: [0.6, 0.3], m: 2 }, { xy: [0.6, 0.9], m: 0 }]);
  });

  it("leaves what was moved or removed in the draft already", () => {
    const draft = withPolygon(saved, { kind: "zones", index: 1 }, rectangle(0.7, 0.7, 0.9, 0.9));
    expect(along(draft, saved, lies).zones[1]!.polygon).toEqual(rectangle(0.7, 0.7, 0.9, 0.9));
    const fewer = { ...saved, zones: [zone(0.3)] };
    expect(along(fewer, saved, lies).zones).toEqual([zone(0.3)]);
  });
});
