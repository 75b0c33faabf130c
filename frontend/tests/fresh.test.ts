import { afterEach, expect, it, vi } from "vitest";
import { keepFresh } from "../src/page/fresh";

/** As much of an element as a part needs. */
class Part {
  dataset: Record<string, string> = { fresh: "/states/", every: "5" };
  parts: Part[] = [];
  childNodes: string[] = [];
  old = false;
  classList = { toggle: (_name: string, on: boolean) => (this.old = on) };

  constructor(readonly name = "", text = "") {
    this.dataset["part"] = name;
    this.childNodes = [text];
  }

  get innerHTML(): string {
    return this.childNodes.join();
  }

  replaceChildren(...nodes: string[]): void {
    this.childNodes = nodes;
  }

  querySelectorAll(): Part[] {
    return this.parts;
  }

  querySelector(asked: string): Part | null {
    return this.parts.find((part) => asked === `[data-part="${part.name}"]`) ?? null;
  }
}

afterEach(() => vi.unstubAllGlobals());

/** Look at a part for as many rounds as there are answers; a text "1=protecting;2=blind", or a fault. */
async function look(part: Part, ...answers: (string | Error | Response)[]): Promise<void> {
  const left = [...answers];
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("fetch", () => {
    const answer = left.shift()!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer instanceof Response ? answer : new Response(answer));
  });
  vi.stubGlobal("DOMParser", class {
    parseFromString(text: string): { body: Part } {
      const body = new Part("", text);
      body.parts = text.split(";").map((one) => new Part(...(one.split("=") as [string, string])));
      return { body };
    }
  });
  await new Promise<void>((done) => {
    vi.stubGlobal("setTimeout", (again: () => void) => (left.length ? again() : done()));
    keepFresh(part as unknown as HTMLElement, () => undefined);
  });
}

it("draws each part anew from the one of its name, and greys what nobody confirmed", async () => {
  const whole = new Part();
  const [one, two] = [new Part("1", "protecting"), new Part("2", "protecting")];
  whole.parts = [one, two];
  await look(whole, "1=idle;2=protecting");
  expect([one.innerHTML, one.old, two.innerHTML, two.old]).toEqual(["idle", false, "protecting", false]);
  await look(whole, "2=blind");
  expect([one.innerHTML, one.old, two.innerHTML, two.old]).toEqual(["idle", true, "blind", false]);
});

it("greys all on a line that is cut or a session that is over, until it is confirmed again", async () => {
  for (const fault of [new Error("offline"), new Response("", { status: 401 }), new Response("", { status: 502 })]) {
    const state = new Part("", "protecting");
    await look(state, "protecting", fault);
    expect([state.innerHTML, state.old]).toEqual(["protecting", true]);
    await look(state, "blind");
    expect([state.innerHTML, state.old]).toEqual(["blind", false]);
  }
});
