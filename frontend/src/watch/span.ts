// Takes a span of the recording along: says what it would hold before it is downloaded.

import { el, need, setText } from "../common/dom";
import { json, Refused } from "../common/http";
import { ClockField } from "../common/moments";
import { say, sayRunning } from "../common/time";
import type { Words } from "../common/words";
import type { CameraGiven } from "./config";

interface Facts {
  seconds: number;
  bytes: number;
  gaps: [number, number][];
  name: string;
}

interface Options {
  words: Words;
  cameras: CameraGiven[];
  stream: () => string;
  zone: string;
  position: () => number;
}

/** Wire the form. */
export function wireSpan(options: Options): void {
  const form = document.getElementById("watch-span") as HTMLFormElement | null;
  if (!form) return;
  const { t } = options.words;
  const [since, until] = (["since", "until"] as const).map(
    (name) => new ClockField(need<HTMLInputElement>(`span-${name}`), options.zone, t("which_time")),
  ) as [ClockField, ClockField];
  const facts = need("span-facts");
  const link = need<HTMLAnchorElement>("span-download");
  const chosen = (): CameraGiven => {
    const field = document.getElementById("span-camera") as HTMLSelectElement | null;
    return options.cameras.find((camera) => String(camera.id) === field?.value) ?? options.cameras[0]!;
  };

  const changed = (): void => {
    link.hidden = true;
    setText(facts, "");
    fault("since", "");
    fault("until", "");
  };
  for (const field of form.querySelectorAll("input, select")) field.addEventListener("input", changed);
  for (const button of form.querySelectorAll<HTMLButtonElement>("[data-here]"))
    button.addEventListener("click", () => {
      (button.dataset["here"] === "span-until" ? until : since).show(options.position());
      changed();
    });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  link.addEventListener("click", () => setText(facts, t("making")));

  const keep = document.getElementById("span-keep") as HTMLAnchorElement | null;
  const place = keep?.href ?? "";
  keep?.addEventListener("click", () => {
    const asked = new URLSearchParams(options.cameras.map((camera) => ["camera", String(camera.id)]));
    for (const [name, field] of [["since", since], ["until", until]] as const) {
      if (field.at) asked.set(name, String(field.at));
    }
    keep.href = `${place}?${asked}`;
  });

  async function ask(): Promise<void> {
    changed();
    const ends = [since.at, until.at];
    ends.forEach((at, index) => !at && fault(index ? "until" : "since", t(at === null ? "never_time" : "bad_time")));
    if (!ends.every(Boolean)) return;
    setText(facts, t("span_asking"));
    const camera = chosen();
    const asked = new URLSearchParams({ stream: options.stream(), since: String(ends[0]), until: String(ends[1]) });
    try {
      const found = await json<Facts>(`${camera.urls.span}?${asked}`);
      const size = (found.bytes / 1e6).toFixed(1);
      const lines = [t("span_holds", { length: sayRunning(found.seconds * 1000), size })];
      if (found.gaps.length) {
        const lost = found.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
        const named = found.gaps.slice(0, 6).map(([from, to]) => `${say(from * 1000, camera.timezone)} – ${say(to * 1000, camera.timezone)}`);
        lines.push(t("span_gaps", { seconds: Math.round(lost), gaps: named.join(", ") + (found.gaps.length > 6 ? " …" : "") }));
      } else lines.push(t("span_whole"));
      facts.replaceChildren(...lines.flatMap((line, index) => [index ? el("br") : null, el("span", {}, line)]).filter((node) => node !== null));
      link.href = `${camera.urls.download}?${asked}`;
      link.hidden = false;
    } catch (error) {
      setText(facts, "");
      if (error instanceof Refused && ["since", "until"].includes(error.field)) fault(error.field, error.message);
      else setText(facts, t("not_loaded", { reason: error instanceof Error ? error.message : String(error) }));
    }
  }

  function fault(name: string, text: string): void {
    setText(need(`span-${name}-error`), text);
    need<HTMLInputElement>(`span-${name}`).setAttribute("aria-invalid", String(Boolean(text)));
  }
}
