import { afterEach, expect, it, vi } from "vitest";
import { narrow } from "../src/page/narrow";

afterEach(() => vi.unstubAllGlobals());

it("leaves what has all the typed words, and what is marked", () => {
  const items = ["Lamp Hill Shaft Drum 2", "Lamp Hill Shaft Cage", "Lamp Hill Pumps Sump"].map((words, at) => ({
    dataset: { words },
    hidden: false,
    querySelector: () => ({ checked: at === 2 }),
  }));
  vi.stubGlobal("document", { querySelectorAll: () => items });
  let typed = (): void => undefined;
  const input = { dataset: {}, value: "", addEventListener: (_: string, heard: () => void) => (typed = heard) };
  narrow(input as unknown as HTMLInputElement);
  const left = () => items.filter((item) => !item.hidden).map((item) => item.dataset.words);
  expect(left().length).toBe(3);
  input.value = "drum SHAFT ";
  typed();
  expect(left()).toEqual(["Lamp Hill Shaft Drum 2", "Lamp Hill Pumps Sump"]);
  input.value = "";
  typed();
  expect(left().length).toBe(3);
});
