// The viewer's name and the time over every picture and video that is shown to an auditor: whoever
// films the screen films them too. The page draws it; the recording is never touched.

import { sayZoned } from "../common/time";

const EVERY_MS = 1000;
// Where a mark stands, in percent of the picture; it wanders, so that no strip can be cut off.
const PLACES = [
  [4, 6],
  [40, 44],
  [8, 84],
  [52, 12],
  [30, 66],
  [56, 90],
] as const;
const STAY_S = 4;
const PICTURES = "video, .picture-frame img, .desk img, .watch-cell img, .tile img";

/** The text of a mark: who looks, and when by the mine's clock; a filmed screen must tell which. */
export function markText(viewer: string, at: Date, zone: string): string {
  return `${viewer} · ${sayZoned(at, zone)}`;
}

/** Where the mark stands at a moment, in percent from the left and the top. */
export function markPlace(at: Date): readonly [number, number] {
  return PLACES[Math.floor(at.getTime() / 1000 / STAY_S) % PLACES.length]!;
}

/** Put marks over all pictures of the page, also over those that come later. */
export function mark(viewer: string, zone: string): void {
  const drawn = new Map<Element, HTMLElement>();
  const tick = (): void => {
    const now = new Date();
    const text = markText(viewer, now, zone);
    const [left, top] = markPlace(now);
    for (const picture of document.querySelectorAll<HTMLElement>(PICTURES)) {
      if (picture instanceof HTMLVideoElement) tame(picture);
      let layer = drawn.get(picture);
      if (!layer || !layer.isConnected) {
        layer = document.createElement("div");
        layer.className = "viewer-mark";
        layer.setAttribute("aria-hidden", "true");
        layer.append(document.createElement("span"), document.createElement("span"));
        drawn.set(picture, layer);
        picture.after(layer);
      }
      const parent = picture.parentElement!;
      if (getComputedStyle(parent).position === "static") parent.style.position = "relative";
      layer.style.left = `${picture.offsetLeft}px`;
      layer.style.top = `${picture.offsetTop}px`;
      layer.style.width = `${picture.offsetWidth}px`;
      layer.style.height = `${picture.offsetHeight}px`;
      const [first, second] = [...layer.children] as HTMLElement[];
      first!.textContent = second!.textContent = text;
      first!.style.left = `${left}%`;
      first!.style.top = `${top}%`;
      second!.style.left = `${(left + 48) % 60}%`;
      second!.style.top = `${(top + 47) % 92}%`;
    }
    for (const [picture, layer] of drawn) {
      if (picture.isConnected) continue;
      layer.remove();
      drawn.delete(picture);
    }
  };
  tick();
  setInterval(tick, EVERY_MS);
}

/** The whole screen, or a window of its own, would show the video without its mark. */
function tame(video: HTMLVideoElement): void {
  video.setAttribute("controlslist", "nofullscreen nodownload noremoteplayback");
  video.setAttribute("disablepictureinpicture", "");
}
