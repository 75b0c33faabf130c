// What every page gets: times, questions before what cannot be undone, copy buttons, fresh pictures.

import { boxesOver, boxesSwitch } from "../common/boxes";
import { sayAge, sayFull } from "../common/time";
import { enhance } from "./enhance";
import { heads } from "./heads";
import { themeSwitch } from "./theme";
import { limit } from "./files";
import { mark } from "./mark";
import { push } from "./push";
import { keepStep } from "./step";

// Older than this a picture must not pass for a view of the present.
const OLD_MS = 10_000;

localTimes(document);
for (const table of document.querySelectorAll<HTMLTableElement>("table.rows")) heads(table);

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const question = form.dataset["confirm"];
  if (question && !window.confirm(question)) event.preventDefault();
});

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-enhance]")) enhance(button);
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-theme-switch]")) themeSwitch(button);

for (const input of document.querySelectorAll<HTMLInputElement>("input[data-most-bytes]")) limit(input);

if (document.body.dataset["viewer"]) mark(document.body.dataset["viewer"]);

// A new shift checks the sound of its desk anew (desk/hearing.ts).
if (document.body.classList.contains("login")) sessionStorage.removeItem("davy.heard");
for (const box of document.querySelectorAll<HTMLElement>("[data-push]")) void push(box);

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const text = document.querySelector(button.dataset["copy"] ?? "")?.textContent ?? "";
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset["done"] ?? "";
  });
}

for (const video of document.querySelectorAll<HTMLVideoElement>("video[data-fault]")) {
  keepPlaying(video);
}

for (const place of document.querySelectorAll<HTMLElement>("[data-step]")) keepStep(place);

for (const place of document.querySelectorAll<HTMLElement>("[data-boxes]")) boxesOver(place);
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-boxes-switch]")) boxesSwitch(button);

for (const image of document.querySelectorAll<HTMLImageElement>("img[data-refresh]")) {
  refresh(image);
}

for (const part of document.querySelectorAll<HTMLElement>("[data-fresh]")) keepFresh(part);

/** The server wrote them in the mine's zone; here a reader elsewhere is told that it is the mine's. */
function localTimes(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLTimeElement>("time[data-zone]")) {
    node.textContent = sayFull(node.dateTime, node.dataset["zone"]);
  }
}

/** Ask for a part of the page again and again while it is looked at; drawn anew only when it changed. */
function keepFresh(part: HTMLElement): void {
  let shown = "";
  const load = async (): Promise<void> => {
    if (document.hidden) return;
    const response = await fetch(part.dataset["fresh"] ?? "", { cache: "no-store", credentials: "same-origin" });
    const text = response.ok && !response.redirected ? await response.text() : "";
    part.classList.toggle("old", !response.ok || response.redirected);
    if (!response.ok || response.redirected || text === shown) return;
    shown = text;
    const found = new DOMParser().parseFromString(text, "text/html").body;
    localTimes(found);
    part.replaceChildren(...found.childNodes);
  };
  const fail = (): void => void part.classList.add("old");
  const loop = (): void => void load().catch(fail).finally(() => setTimeout(loop, Number(part.dataset["every"]) * 1000));
  loop();
}

/** A link to the store lives five minutes; a player that sat longer is given a new one where it was. */
function keepPlaying(video: HTMLVideoElement): void {
  let tries = 0;
  const source = video.src;
  video.addEventListener("playing", () => (tries = 0));
  video.addEventListener("error", () => {
    tries += 1;
    if (tries > 1) {
      if (video.nextElementSibling?.className === "notice bad") return;
      const note = document.createElement("p");
      note.className = "notice bad";
      note.textContent = video.dataset["fault"] ?? "";
      video.after(note);
      return;
    }
    const at = video.currentTime;
    video.src = source;
    video.addEventListener("loadedmetadata", () => (video.currentTime = at), { once: true });
  });
}

/** Load a picture again and again while it is looked at, and say how old it is. */
function refresh(image: HTMLImageElement): void {
  const source = image.src;
  const caption = image.closest("figure")?.querySelector<HTMLElement>("[data-age]");
  const label = caption?.textContent ?? "";
  const everyMs = Number(image.dataset["refresh"]) * 1000;
  const missing = document.createElement("div");
  missing.className = "missing-picture";
  missing.textContent = image.dataset["missing"] ?? "";
  missing.hidden = true;
  image.after(missing);
  let shown = "";
  const load = async (): Promise<void> => {
    if (document.hidden) return;
    const response = await fetch(source, { cache: "no-store" });
    const found = response.status === 200;
    image.hidden = !found;
    missing.hidden = found;
    if (!found) return;
    const taken = Number(response.headers.get("X-Picture-Time")) * 1000;
    const now = Date.parse(response.headers.get("Date") ?? "") || Date.now();
    const address = URL.createObjectURL(await response.blob());
    image.src = address;
    if (shown) URL.revokeObjectURL(shown);
    shown = address;
    if (caption) caption.textContent = `${label} · ${sayAge(now - taken)}`;
    image.closest("figure")?.classList.toggle("old", now - taken > OLD_MS);
  };
  const loop = (): void => void load().catch(() => undefined).finally(() => setTimeout(loop, everyMs));
  loop();
}
