import { describe, expect, it } from "vitest";
import { arrange, redraw } from "../src/common/dom";

/** As much of an element as a list needs, and what was done to it. */
class Node {
  children: Node[] = [];
  parent: Node | null = null;
  touched = 0;

  constructor(readonly name: string) {}

  get outerHTML(): string {
    return this.name;
  }

  get firstElementChild(): Node | null {
    return this.children[0] ?? null;
  }

  get nextElementSibling(): Node | null {
    const siblings = this.parent?.children ?? [];
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }

  remove(): void {
    if (!this.parent) return;
    this.touched += 1;
    this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
  }

  insertBefore(child: Node, next: Node | null): void {
    child.remove();
    child.touched += 1;
    this.children.splice(next ? this.children.indexOf(next) : this.children.length, 0, child);
    child.parent = this;
  }
}

function list(names: string): { place: Node; all: Map<string, Node> } {
  const place = new Node("list");
  const all = new Map([..."abcdefgh"].map((name) => [name, new Node(name)]));
  for (const name of names) place.insertBefore(all.get(name)!, null);
  for (const node of all.values()) node.touched = 0;
  return { place, all };
}

describe("a list in order", () => {
  it.each([
    ["abcdef", "gabcdef", "g"], // one comes on top
    ["abcdef", "bcdef", "a"], // one goes
    ["abcdef", "acdebf", "b"], // one moves down
    ["abcdef", "aebcdf", "e"], // one moves up
    ["abcdef", "abcdef", ""],
    ["abcdef", "", "abcdef"],
    ["", "abc", "abc"],
  ])("of %s becomes %s by touching %s alone", (before, after, touched) => {
    const { place, all } = list(before);
    arrange(place as unknown as Element, [...after].map((name) => all.get(name) as unknown as Element));
    expect(place.children.map((child) => child.name).join("")).toBe(after);
    expect([...all.values()].filter((node) => node.touched).map((node) => node.name).join("")).toBe(touched);
  });

  it("comes about from any order", () => {
    for (let n = 0; n < 200; n += 1) {
      const shuffled = (): string => [..."abcdefgh"].filter(() => Math.random() < 0.7).sort(() => Math.random() - 0.5).join("");
      const { place, all } = list(shuffled());
      const after = shuffled();
      arrange(place as unknown as Element, [...after].map((name) => all.get(name) as unknown as Element));
      expect(place.children.map((child) => child.name).join("")).toBe(after);
    }
  });

  it("keeps what looks as before when it is drawn anew", () => {
    const { place, all } = list("abc");
    const [before, fresh] = [[...place.children], [..."dabb"].map((name) => new Node(name))];
    redraw(place as unknown as Element, fresh as unknown as Element[]);
    expect(place.children).toEqual([fresh[0], before[0], before[1], fresh[3]]);
    expect(["a", "b"].map((name) => all.get(name)!.touched)).toEqual([0, 0]);
  });
});
