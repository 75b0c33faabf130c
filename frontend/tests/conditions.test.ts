import { describe, expect, it } from "vitest";
import { added, chosen, codeOf, first, group, isTest, partsOf, withPart, type Test } from "../src/scene/conditions";
import { actionIn, actionWith, confirmWith } from "../src/scene/force";
import { renamed } from "../src/scene/rename";
import { whole } from "../src/scene/scene";

const winch: Test = { machine: "winch-1", running: true };
const gate: Test = { input: "gate", is: ["OPEN"] };
const scene = whole({
  machines: [{ id: "winch-1", source: "signal" }],
  inputs: [{ id: "gas", kind: "number" }, { id: "gate", kind: "state", states: ["OPEN", "CLOSED"] }],
  rules: [{ id: "near", type: "loitering" }, { id: "far", type: "loitering", when: { not: { rule: "near", open: true } } }],
});

describe("a condition", () => {
  it("gets another beside it, and both must hold", () => {
    expect(added(undefined, winch)).toEqual(winch);
    expect(added(winch, gate)).toEqual({ all: [winch, gate] });
    expect(added({ all: [winch, gate] }, gate)).toEqual({ all: [winch, gate, gate] });
    expect(added({ any: [winch] }, gate)).toEqual({ any: [winch, gate] });
    expect(added({ not: winch }, gate)).toEqual({ all: [{ not: winch }, gate] });
  });

  it("becomes another group with the same parts, and not takes one alone", () => {
    expect(chosen("any", { all: [winch, gate] }, scene)).toEqual({ any: [winch, gate] });
    expect(chosen("not", winch, scene)).toEqual({ not: winch });
    expect(chosen("not", { any: [winch, gate] }, scene)).toEqual({ not: { all: [winch, gate] } });
    expect(partsOf(group("not", [winch]))).toEqual([winch]);
  });

  it("asks what fits its thing", () => {
    expect(chosen("machine winch-1", gate, scene)).toEqual(winch);
    expect(chosen("input gate", winch, scene)).toEqual(gate);
    expect(chosen("rule near", winch, scene)).toEqual({ rule: "near", open: true });
    expect(codeOf(chosen("schedule", winch, scene))).toBe("schedule");
    expect(first(scene, "near")).toEqual(winch);
    expect(first({ ...scene, machines: [], inputs: [] }, "near")).toEqual({ rule: "far", open: true });
    expect(codeOf(first({ ...scene, machines: [], inputs: [], rules: [] }, "near"))).toBe("schedule");
  });

  it("goes away with its last part", () => {
    expect(withPart({ all: [winch, gate] }, 0, undefined)).toEqual({ all: [gate] });
    expect(withPart({ all: [winch] }, 0, undefined)).toBeUndefined();
    expect(withPart({ not: winch }, 0, gate)).toEqual({ not: gate });
    expect(withPart({ not: winch }, 0, undefined)).toBeUndefined();
  });

  it("that no form can show is told apart, and kept", () => {
    expect(isTest({ all: [winch, { not: { schedule: [{ shift: "night" }] } }] })).toBe(true);
    for (const odd of [null, "near", {}, { all: winch }, { all: [{ moon: "full" }] }, { input: "gate" }]) expect(isTest(odd)).toBe(false);
  });

  it("follows a rule that gets another name", () => {
    expect(renamed(scene, "rules", 0, "close", []).rules[1]!["when"]).toEqual({ not: { rule: "close", open: true } });
  });
});

describe("what the operator does", () => {
  it("is one text while both languages say the same, and one for each where they differ", () => {
    expect(actionWith(undefined, "en", "Call the winch.")).toEqual({ en: "Call the winch." });
    expect(actionWith({ en: "Call the winch." }, "zh-hans", "联系绞车房。")).toEqual({ en: "Call the winch.", "zh-hans": "联系绞车房。" });
    expect(actionWith("Stop.", "zh-hans", "停车。")).toEqual({ en: "Stop.", "zh-hans": "停车。" });
    expect(actionWith("Stop.", "en", "Stop.")).toBe("Stop.");
    expect(actionWith({ en: "Stop." }, "en", "")).toBeUndefined();
    expect(actionIn({ en: "Stop." }, "zh-hans")).toBe("");
  });
});

describe("N of M", () => {
  it("keeps N within M, and the type's own is left out of the document", () => {
    expect(confirmWith([1, 1], 0, 3, [1, 1])).toEqual([3, 3]);
    expect(confirmWith([3, 5], 1, 2, [1, 1])).toEqual([2, 2]);
    expect(confirmWith([3, 5], 0, 8, [1, 1])).toEqual([8, 8]);
    expect(confirmWith([2, 10], 0, 8, [8, 10])).toBeUndefined();
    expect(confirmWith([2, 10], 0, undefined, [8, 10])).toBeUndefined();
  });
});
