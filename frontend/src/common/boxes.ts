// Boxes over a video: who was where in each picture that was analysed. The page draws them; the video,
// and what is downloaded, stay as they are. Full screen is the browser's own and shows none.

import { el, setText, svg } from "./dom";
import { json } from "./http";

/** How sure: 0 to 1, null where it was not kept; sides are shares of the picture. */
export type Box = [label: string, score: number | null, left: number, top: number, right: number, bottom: number];
/** Seconds of the video, by rising time. */
export type Picture = [at_s: number, boxes: Box[]];
export interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}
/** Where the boxes of one video come from. Seconds are those of the video. */
export interface Source {
  /** The picture of this moment is shown and its boxes are wanted; `changed` when more is known. */
  ask(at_s: number, changed: () => void): void;
  boxes(at_s: number): Box[];
  /** Why there is no box, where that is to be said. */
  words(at_s: number): string;
  labels: Record<string, string>;
}

const KEY = "davy.boxes";
// The analysis looks at least every 0.6 s at who is followed: a picture farther off is of another moment.
const NEAR_S = 0.4;
// After a fault, boxes are asked for again no sooner.
const AGAIN_MS = 3000;
const LETTER_PX = 12;

/** The picture nearest to a moment; null where none is near. */
export function nearest(pictures: readonly Picture[], at_s: number): Picture | null {
  let [low, high] = [0, pictures.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pictures[middle]![0] < at_s) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [pictures[low - 1], pictures[low]];
  const found = !after || (before && at_s - before[0] <= after[0] - at_s) ? before : after;
  return found && Math.abs(found[0] - at_s) <= NEAR_S ? found : null;
}

/** Where a picture lies in a place that keeps its shape: bars at the sides, or above and below. */
export function fitted(width: number, height: number, picture: { width: number; height: number }): Place {
  if (!picture.width || !picture.height) return { left: 0, top: 0, width, height };
  const scale = Math.min(width / picture.width, height / picture.height);
  const [across, down] = [picture.width * scale, picture.height * scale];
  return { left: (width - across) / 2, top: (height - down) / 2, width: across, height: down };
}

/** Where a box lies in that place, in its pixels. */
export function placed([, , left, top, right, bottom]: Box, place: Place): Place {
  return {
    left: place.left + left * place.width,
    top: place.top + top * place.height,
    width: (right - left) * place.width,
    height: (bottom - top) * place.height,
  };
}

let on = false;
try {
  on = localStorage.getItem(KEY) === "1";
} catch {
  // A browser that keeps nothing begins without boxes.
}
const films = new WeakMap<Element, Film>();

/** Wire a button that shows and hides the boxes of all videos; this browser remembers it. */
export function boxesSwitch(button: HTMLButtonElement): void {
  button.setAttribute("aria-pressed", String(on));
  button.hidden = false;
  button.addEventListener("click", () => {
    on = !on;
    try {
      localStorage.setItem(KEY, on ? "1" : "0");
    } catch {
      // Shown now, forgotten with the page.
    }
    for (const one of document.querySelectorAll("[data-boxes-switch]")) one.setAttribute("aria-pressed", String(on));
    for (const place of document.querySelectorAll("[data-boxes]")) films.get(place)?.look();
  });
}

/** Draw boxes over the video in a place, which has `data-boxes`, from a source. */
export function boxesFrom(place: HTMLElement, video: HTMLVideoElement, source: Source): void {
  films.set(place, new Film(video, source));
}

/** Wire the place of one clip: `data-boxes` is where its boxes are, `data-fault` what is said without them. */
export function boxesOver(place: HTMLElement): void {
  const video = place.querySelector("video");
  if (video) boxesFrom(place, video, new Clip(place.dataset["boxes"] ?? "", place.dataset["fault"] ?? ""));
}

interface Told {
  pictures: Picture[];
  until_s: number | null;
  labels: Record<string, string>;
  none: string;
  later: string;
}

/** The boxes of one clip: asked for once, when it is looked at. */
class Clip implements Source {
  private told: Told | null = null;
  private askedAt = -AGAIN_MS;
  private asking = false;
  private fault = "";

  constructor(
    private readonly url: string,
    private readonly error: string,
  ) {}

  ask(_at_s: number, changed: () => void): void {
    if (this.told || this.asking || performance.now() - this.askedAt < AGAIN_MS) return;
    this.asking = true;
    this.askedAt = performance.now();
    json<Told>(this.url)
      .then((told) => (this.told = told))
      .catch(() => (this.fault = this.error))
      .finally(() => {
        this.asking = false;
        changed();
      });
  }

  boxes(at_s: number): Box[] {
    return this.told ? (nearest(this.told.pictures, at_s)?.[1] ?? []) : [];
  }

  words(at_s: number): string {
    const { told } = this;
    if (!told) return this.fault;
    return told.none || (told.until_s !== null && at_s > told.until_s ? told.later : "");
  }

  get labels(): Record<string, string> {
    return this.told?.labels ?? {};
  }
}

class Film {
  private follows = false;
  private readonly layer = svg("svg", { class: "boxes", "aria-hidden": "true" });
  private readonly note = el("p", { class: "boxes-note", role: "status" });

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly source: Source,
  ) {
    video.after(this.layer, this.note);
    for (const name of ["loadeddata", "play", "seeked"]) video.addEventListener(name, () => this.look());
    if (!video.requestVideoFrameCallback) video.addEventListener("timeupdate", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(video);
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.look();
  }

  /** The video is looked at, or the viewer wants boxes, or none any more. */
  look(): void {
    this.follow();
    this.draw();
  }

  /** Draw with each picture that the video shows, for as long as boxes are wanted. */
  private follow(): void {
    if (!on || this.follows || !this.video.requestVideoFrameCallback) return;
    this.follows = true;
    this.video.requestVideoFrameCallback((_now, { mediaTime }) => {
      this.follows = false;
      this.draw(mediaTime);
      this.follow();
    });
  }

  private draw(at_s = this.video.currentTime): void {
    const { video, layer, source } = this;
    // Whoever looks is noted: nothing is asked for before the video is looked at.
    if (!on || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      setText(this.note, "");
      layer.replaceChildren();
      return;
    }
    source.ask(at_s, () => this.draw());
    setText(this.note, source.words(at_s));
    layer.style.left = `${video.offsetLeft}px`;
    layer.style.top = `${video.offsetTop}px`;
    layer.style.width = `${video.clientWidth}px`;
    layer.style.height = `${video.clientHeight}px`;
    const place = fitted(video.clientWidth, video.clientHeight, { width: video.videoWidth, height: video.videoHeight });
    layer.replaceChildren(...source.boxes(at_s).flatMap((box) => drawn(box, placed(box, place), source.labels)));
  }
}

/** One box with what it is and how sure the detector was. */
function drawn(box: Box, { left, top, width, height }: Place, labels: Record<string, string>): SVGElement[] {
  const [label, score] = box;
  const kind = label === "person" ? "person" : "vehicle";
  const words = [labels[label] ?? label, score === null ? "" : `${Math.round(score * 100)} %`].filter(Boolean).join(" ");
  // Above the box; within it where there is no room.
  const y = top >= LETTER_PX + 4 ? top - 4 : top + LETTER_PX + 2;
  return [
    svg("rect", { class: `under ${kind}`, x: left, y: top, width, height }),
    svg("rect", { class: kind, x: left, y: top, width, height }),
    svg("text", { class: kind, x: Math.max(2, left), y, "font-size": LETTER_PX }, words),
  ];
}
