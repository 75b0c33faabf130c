// Pictures that are loaded again and again: how old each is counts on, also while no newer one comes.

import { setText } from "../common/dom";
import { sayAge, ServerClock } from "../common/time";
import { inTurn } from "../common/turns";

// Older than this a picture must not pass for a view of the present.
const OLD_MS = 10_000;
const TIMEOUT_MS = 8000;

/** What is known of a picture: when it was taken, and why no newer one comes. */
export class Newest {
  trouble: "" | "lost" | "ended" = "";
  private taken: number | null = null;

  constructor(private readonly clock = new ServerClock()) {}

  /** Take in an answer, or null where none came; true if it carries a picture. */
  heard(response: Response | null): boolean {
    if (!response?.ok || response.redirected) {
      const refused = response !== null && (response.redirected || response.status === 401 || response.status === 403);
      this.trouble = refused ? "ended" : "lost";
      return false;
    }
    this.trouble = "";
    this.clock.learnFrom(response);
    this.taken = response.status === 200 ? Number(response.headers.get("X-Picture-Time")) * 1000 : null;
    return this.taken !== null;
  }

  get ageMs(): number | null {
    return this.taken === null ? null : this.clock.now() - this.taken;
  }

  get old(): boolean {
    return this.ageMs !== null && this.ageMs > OLD_MS;
  }

  /** What stands below the picture; `words` say each trouble. */
  caption(label: string, words: { lost?: string | undefined; ended?: string | undefined }): string {
    const age = this.ageMs === null ? "" : sayAge(this.ageMs);
    const trouble = this.trouble && words[this.trouble];
    return [label, age, trouble].filter(Boolean).join(" · ");
  }
}

/**
 * Load a picture again and again while it is in view, and say at every second how old it is.
 * In a list, no picture is asked for whose camera is off.
 */
export function refresh(image: HTMLImageElement): void {
  const source = image.dataset["source"] ?? "";
  const item = image.closest("li");
  const figure = image.closest("figure");
  const caption = figure?.querySelector<HTMLElement>("[data-age]");
  const label = caption?.textContent ?? "";
  const words = image.closest<HTMLElement>("[data-lost]")?.dataset ?? {};
  const everyMs = Number(image.dataset["refresh"]) * 1000;
  const missing = document.createElement("div");
  missing.className = "missing-picture";
  missing.textContent = image.dataset["missing"] ?? "";
  const off = (): boolean => Boolean(item?.querySelector(".state.off"));
  image.hidden = off();
  missing.hidden = !off();
  image.after(missing);
  const newest = new Newest();
  let shown = "";
  const tell = (): void => {
    if (caption) setText(caption, newest.caption(label, words));
    figure?.classList.toggle("old", newest.old);
  };
  let seen = false;
  let asking = false;
  const wanted = (): boolean => seen && !document.hidden && !off();
  const load = async (): Promise<void> => {
    if (!wanted()) return; // no longer, once its turn came
    const response = await fetch(source, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const blob = await response.blob();
    const found = newest.heard(response);
    if (newest.trouble) return; // what was seen last stays, and grows old
    image.hidden = !found;
    missing.hidden = found;
    if (!found) return;
    const address = URL.createObjectURL(blob);
    image.src = address;
    if (shown) URL.revokeObjectURL(shown);
    shown = address;
  };
  const ask = async (): Promise<void> => {
    if (asking || !wanted()) return;
    asking = true;
    await inTurn(load).catch(() => newest.heard(null));
    asking = false;
    tell();
  };
  // Its frame: a picture that is not there yet is never in view.
  new IntersectionObserver((entries) => {
    seen = entries.at(-1)?.isIntersecting ?? false;
    void ask();
  }).observe(image.parentElement!);
  setInterval(() => void ask(), everyMs);
  setInterval(tell, 1000);
}
