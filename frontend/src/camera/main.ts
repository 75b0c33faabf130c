// The camera form's Test buttons: a frame, or the reason why there is none.

import { data, el, need, setOff } from "../common/dom";
import { json } from "../common/http";
import { reader, type Catalogue } from "../common/words";

interface Given {
  camera: number | null;
  test_url: string;
  strings: Catalogue;
}

interface Found {
  ok: boolean;
  reason: string;
  width?: number;
  height?: number;
  fps?: number;
  codec?: string;
  key_interval_s?: number | null;
  picture?: string;
}

// The server gives up after eight seconds; the bar shows how far it is.
const LONGEST_MS = 9000;

const given = data<Given>("camera-data");
const { t } = reader(given.strings);
const form = need<HTMLFormElement>("camera-form");
const result = need("probe-result");

function field(name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement).value;
}

function facts(found: Found): HTMLElement {
  const rows: [string, string][] = [
    [t("size"), `${found.width} × ${found.height}`],
    [t("rate"), found.fps ? t("rate_value", { fps: Number(found.fps.toFixed(1)) }) : t("unknown")],
    [t("codec"), found.codec ?? ""],
    [t("keys"), found.key_interval_s ? t("keys_value", { seconds: Number(found.key_interval_s.toFixed(1)) }) : t("unknown")],
  ];
  return el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

async function test(button: HTMLButtonElement, name: string): Promise<void> {
  if (button.ariaDisabled === "true") return; // it is being tested
  const url = field(name).trim();
  if (!url) {
    result.replaceChildren(el("p", { class: "notice bad" }, t("no_address")));
    return;
  }
  const bar = el("progress", { class: "progress", max: LONGEST_MS, value: 0, "aria-label": t("trying") });
  result.replaceChildren(el("p", {}, t("trying")), bar);
  setOff(button, true);
  const start = performance.now();
  const timer = window.setInterval(() => (bar.value = performance.now() - start), 100);
  const body: Record<string, unknown> = { url, username: field("username"), password: field("password") };
  if (given.camera !== null) body["camera"] = given.camera;
  try {
    const found = await json<Found>(given.test_url, "POST", body);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (found.ok && found.picture)
      result.replaceChildren(
        el("img", { src: found.picture, alt: t("picture_alt") }),
        el("p", { class: "sub" }, t("answered", { seconds })),
        facts(found),
      );
    else result.replaceChildren(el("div", { class: "notice bad" }, el("p", {}, t("none")), el("p", {}, found.reason)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    result.replaceChildren(el("div", { class: "notice bad" }, el("p", {}, t("none")), el("p", {}, reason)));
  } finally {
    window.clearInterval(timer);
    setOff(button, false);
  }
}

for (const button of form.querySelectorAll<HTMLButtonElement>("button[data-test]")) {
  button.hidden = false;
  button.addEventListener("click", () => void test(button, button.dataset["test"] ?? ""));
}
