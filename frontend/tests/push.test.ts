import { expect, test, vi } from "vitest";
import { changeHands, deviceName, isKnown } from "../src/page/push";

test("a browser is named so that its owner knows it again", () => {
  const head = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
  expect(deviceName(`${head} Chrome/140.0.0.0 Safari/537.36`)).toBe("Chrome, Linux");
  expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")).toBe("Safari, iPhone");
  expect(deviceName(`${head} Chrome/140.0.0.0 Safari/537.36 Edg/140.0`)).toBe("Edge, Linux");
  expect(deviceName("curl/8")).toBe("–");
});

test("a browser that takes messages for somebody else, or for nobody any more, is not on", async () => {
  const mine = "https://push.example/of-this-browser";
  const sum = "71bedde8da2dca4e115dbaa9b4e7fd715ff4fa50c86304bf9f01819ecf7de42f";
  expect(await isKnown(mine, [sum])).toBe(true);
  expect(await isKnown(mine, [])).toBe(false);
  expect(await isKnown("https://push.example/of-another", [sum])).toBe(false);
});

test("the browser's address goes along with who signs in or out, if it takes messages", async () => {
  const sent: Record<string, string>[] = [];
  const forms = [{ append: (field: Record<string, string>) => sent.push(field) }] as unknown as HTMLFormElement[];
  vi.stubGlobal("document", { createElement: () => ({}) });
  const browser = (there: { endpoint: string } | null): void => {
    const registration = { pushManager: { getSubscription: async () => there } };
    vi.stubGlobal("navigator", { serviceWorker: { getRegistration: async () => registration } });
  };
  browser(null);
  await changeHands(forms);
  expect(sent).toEqual([]);
  browser({ endpoint: "https://push.example/of-this-browser" });
  await changeHands(forms);
  expect(sent).toEqual([{ type: "hidden", name: "push_endpoint", value: "https://push.example/of-this-browser" }]);
  vi.unstubAllGlobals();
});
